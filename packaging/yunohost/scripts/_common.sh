#!/bin/bash
# Sourced by each script, beside YunoHost's helpers, which give $app, $install_dir, $data_dir, $port, $domain and $path.
# shellcheck disable=SC2154,SC2034

# -- the program: each installation in a folder of its own, and `current` leads to the one that runs

# Installs what is in $1 (a wheel of the bot, and the hashes of all that it needs), and prints where.
put_program_of() {
    local sources="$1" place
    place="$install_dir/program-$(date +%Y%m%d-%H%M%S)"
    python3 -m venv "$place" >&2
    "$place/bin/pip" install --quiet --require-hashes --only-binary :all: -r "$sources/requirements-build.txt" >&2
    "$place/bin/pip" install --quiet --require-hashes --no-build-isolation --use-pep517 \
        --only-binary :all: --no-binary atomicwrites -r "$sources/requirements.txt" >&2
    "$place/bin/pip" install --quiet --no-index --no-deps "$sources"/conciergerie-*.whl >&2
    chown -R "root:$app" "$place"
    chmod -R u=rwX,g=rX,o= "$place"
    echo "$place"
}

use_program() { # $1: its place
    local other
    ln -sfn "$1" "$install_dir/current"
    for other in "$install_dir"/program-*; do
        [ "$other" = "$1" ] || ynh_safe_rm "$other"
    done
}

# What was unpacked beside these scripts stays with the program: a restored one is made anew of it.
keep_sources() {
    mkdir -p "$install_dir/sources"
    rm -f "$install_dir"/sources/*
    cp "$YNH_APP_BASEDIR"/sources/* "$install_dir/sources/"
    cp "$YNH_APP_BASEDIR/sources/bot.example.env" "$install_dir/bot.example.env"
}

run_program() { # $1: its place; as the bot's user, in its folder
    local place="$1"
    shift
    (cd "$data_dir" && ynh_exec_as_app "$place/bin/conciergerie" "$@")
}

# Data that outlived an earlier installation are of no user any more, and this one may have another number.
own_data() {
    chown -R "$app:$app" "$data_dir"
}

announce_service() {
    yunohost service add "$app" --description="Welcomes newcomers in Matrix" \
        --test_status="curl --silent --fail --output /dev/null http://127.0.0.1:$port/health"
}

# It is active once it hears, however long its homeserver is away: in a YunoHost that is being restored, say, that one
# may come later. YunoHost waits for each script before it does anything else.
start_service() {
    systemctl start --no-block "$app"
    for _ in $(seq 60); do
        sleep 1
        case "$(systemctl is-active "$app")" in
            active) return ;;
            failed) ynh_die "The bot stopped: $(journalctl --unit="$app" --lines=5 --output=cat)" ;;
        esac
    done
    ynh_print_warn "The bot goes on trying to sign in: $(journalctl --unit="$app" --lines=1 --output=cat)"
}

# -- what this YunoHost has

# Of an installed app: its setting, or nothing.
setting_of() { # app, key
    if [ -d "/etc/yunohost/apps/$1" ]; then
        ynh_app_setting_get --app="$1" --key="$2"
    fi
}

find_homeserver() {
    local synapse secret traces
    traces="$(set +o | grep xtrace)"
    set +o xtrace # YunoHost logs each line as it is run, with the passwords that are in it
    synapse="$(setting_of synapse domain)"
    matrix_homeserver="${matrix_homeserver:-}" matrix_user="${matrix_user:-}" matrix_password="${matrix_password:-}"
    matrix_access_token=""
    if [ -z "$matrix_homeserver" ] && [ -n "$synapse" ]; then
        matrix_homeserver="https://$synapse"
    fi
    if [ -z "$matrix_homeserver" ]; then
        ynh_die "No Synapse in this YunoHost: say where the homeserver is, and which account there is the bot's"
    fi
    if [ -n "$matrix_user" ] && [ -z "$matrix_password" ]; then
        ynh_die "$matrix_user has a password: the bot needs it, to sign in"
    fi
    if [ -z "$matrix_user" ] && [ -f "$data_dir/data/session.json" ]; then # it was here before, and its data stayed
        matrix_user="$(jq --raw-output .user_id "$data_dir/data/session.json")"
    elif [ -z "$matrix_user" ]; then
        matrix_user="@$app:$(setting_of synapse server_name)"
        if [ -z "$matrix_password" ]; then
            matrix_password="$(ynh_string_random --length=32)"
        fi
        secret="$(setting_of synapse registration_shared_secret)"
        matrix_access_token="$(REGISTRATION_SECRET="$secret" MATRIX_PASSWORD="$matrix_password" \
            python3 "$YNH_APP_BASEDIR/scripts/register.py" "$matrix_homeserver" "$matrix_user")" \
            || ynh_die "Synapse did not make an account for the bot: make one, and install again with its address and password"
    fi
    eval "$traces"
}

find_nextcloud() {
    local cloud path_there
    cloud="$(setting_of nextcloud domain)"
    path_there="$(setting_of nextcloud path)"
    nextcloud_url="${cloud:+https://$cloud${path_there%/}}"
}
