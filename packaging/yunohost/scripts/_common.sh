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
    "$place/bin/pip" install --quiet --require-hashes --no-build-isolation --only-binary :all: --no-binary atomicwrites \
        -r "$sources/requirements.txt" >&2
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

announce_service() {
    yunohost service add "$app" --description="Welcomes newcomers in Matrix" \
        --test_status="curl --silent --fail --output /dev/null http://127.0.0.1:$port/health"
}

# -- what this YunoHost has

# Of an installed app: its setting, or nothing.
setting_of() { # app, key
    if [ -d "/etc/yunohost/apps/$1" ]; then
        ynh_app_setting_get --app="$1" --key="$2"
    fi
}

find_homeserver() {
    local synapse
    synapse="$(setting_of synapse domain)"
    matrix_homeserver="${matrix_homeserver:-}" matrix_user="${matrix_user:-}" matrix_password="${matrix_password:-}"
    if [ -z "$matrix_homeserver" ] && [ -n "$synapse" ]; then
        matrix_homeserver="https://$synapse"
    fi
    if [ -z "$matrix_homeserver" ]; then
        ynh_die "No Synapse in this YunoHost: say where the homeserver is, and which account there is the bot's"
    fi
    if [ -n "$matrix_user" ] && [ -z "$matrix_password" ]; then
        ynh_die "$matrix_user has a password: the bot needs it, to sign in"
    fi
    if [ -z "$matrix_user" ]; then
        matrix_user="@$app:$(setting_of synapse server_name)"
        if [ -z "$matrix_password" ]; then
            matrix_password="$(ynh_string_random --length=32)"
        fi
        REGISTRATION_SECRET="$(setting_of synapse registration_shared_secret)" MATRIX_PASSWORD="$matrix_password" \
            python3 "$YNH_APP_BASEDIR/scripts/register.py" "$matrix_homeserver" "$matrix_user" \
            || ynh_die "Synapse did not make an account for the bot: make one, and install again with its address and password"
    fi
}

find_nextcloud() {
    local cloud path_there
    cloud="$(setting_of nextcloud domain)"
    path_there="$(setting_of nextcloud path)"
    nextcloud_url="${cloud:+https://$cloud${path_there%/}}"
}
