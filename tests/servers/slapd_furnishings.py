"""What a slapd is furnished with to be like the LDAP of other software: its classes, its tree, who may write what.

As read in their sources; names and numbers of attributes are theirs. What slapd cannot be made to do like them is said.
"""

from __future__ import annotations

from dataclasses import dataclass

USUAL = """\
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
include /etc/ldap/schema/nis.schema
pidfile {folder}/slapd.pid
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload memberof
moduleload refint
"""
DATABASE = """
database mdb
suffix "{suffix}"
rootdn "{admin}"
rootpw {admin_password}
directory {folder}/data
maxsize 16777216
"""


@dataclass(frozen=True, slots=True)
class Furnishing:
    """`bot` is the entry of the bot; `configuration` and `tree` have holes for what differs between two servers."""

    suffix: str
    bot: str
    users: str
    groups: str
    configuration: str
    tree: str


# -- YunoHost 12

YUNOHOST = Furnishing(
    suffix="dc=yunohost,dc=org",
    bot="uid=conciergerie,ou=users,dc=yunohost,dc=org",
    users="ou=users,dc=yunohost,dc=org",
    groups="ou=groups,dc=yunohost,dc=org",
    configuration=USUAL
    + """
attributetype ( 1.3.6.1.4.1.17953.9.1.1 NAME 'permission' SUP distinguishedName )
attributetype ( 1.3.6.1.4.1.17953.9.1.2 NAME 'groupPermission' SUP distinguishedName )
attributetype ( 1.3.6.1.4.1.17953.9.1.3 NAME 'inheritPermission' SUP distinguishedName )
attributetype ( 1.3.6.1.4.1.40328.1.20.2.1 NAME 'maildrop' EQUALITY caseIgnoreMatch
 SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
attributetype ( 1.3.6.1.4.1.40328.1.20.2.7 NAME 'mailuserquota' EQUALITY caseIgnoreMatch
 SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
objectclass ( 1.3.6.1.4.1.17953.9.2.1 NAME 'groupOfNamesYnh' SUP top AUXILIARY MAY ( member $ permission ) )
objectclass ( 1.3.6.1.4.1.17953.9.2.2 NAME 'permissionYnh' SUP top AUXILIARY MUST cn
 MAY ( groupPermission $ inheritPermission ) )
objectclass ( 1.3.6.1.4.1.17953.9.2.3 NAME 'userPermissionYnh' SUP top AUXILIARY MAY permission )
objectclass ( 1.3.6.1.4.1.40328.1.1.2.1 NAME 'mailAccount' SUP top AUXILIARY MUST mail
 MAY ( maildrop $ mailuserquota ) )
objectclass ( 1.3.6.1.4.1.40328.1.1.2.3 NAME 'mailGroup' SUP top AUXILIARY MUST mail )
"""
    + DATABASE
    + """
overlay memberof
memberof-group-oc groupOfNamesYnh
memberof-dangling error
memberof-refint TRUE
access to attrs=userPassword by anonymous auth by self write by * none
access to attrs=cn,givenName,mail,maildrop,displayName,sn by self write by * read
access to * by group/groupOfNamesYnh/member.exact="cn=admins,ou=groups,{suffix}" write by * read
""",
    tree="""\
dn: {suffix}
objectClass: dcObject
objectClass: organization
o: yunohost.org
dc: yunohost

dn: ou=users,{suffix}
objectClass: organizationalUnit
ou: users

dn: ou=groups,{suffix}
objectClass: organizationalUnit
ou: groups

dn: ou=permission,{suffix}
objectClass: organizationalUnit
ou: permission

dn: uid=conciergerie,ou=users,{suffix}
objectClass: mailAccount
objectClass: inetOrgPerson
objectClass: posixAccount
objectClass: userPermissionYnh
uid: conciergerie
givenName: Conciergerie
sn: du lieu
cn: Conciergerie du lieu
displayName: Conciergerie du lieu
mail: conciergerie@lieu.example
maildrop: conciergerie
uidNumber: 20001
gidNumber: 20001
homeDirectory: /home/conciergerie
userPassword: {bot_password}

dn: uid=zoe,ou=users,{suffix}
objectClass: mailAccount
objectClass: inetOrgPerson
objectClass: posixAccount
objectClass: userPermissionYnh
uid: zoe
givenName: Zoé
sn: Martin
cn: Zoé Martin
displayName: Zoé Martin
mail: zoe@lieu.example
mail: atelier@lieu.example
maildrop: zoe
maildrop: zoe@ailleurs.example
uidNumber: 20002
gidNumber: 20002
homeDirectory: /home/zoe

dn: cn=zoe,ou=groups,{suffix}
objectClass: posixGroup
objectClass: groupOfNamesYnh
cn: zoe
gidNumber: 20002
member: uid=zoe,ou=users,{suffix}

dn: cn=admins,ou=groups,{suffix}
objectClass: posixGroup
objectClass: groupOfNamesYnh
objectClass: mailGroup
cn: admins
gidNumber: 4001
mail: root

dn: cn=all_users,ou=groups,{suffix}
objectClass: posixGroup
objectClass: groupOfNamesYnh
cn: all_users
gidNumber: 4002
member: uid=conciergerie,ou=users,{suffix}
member: uid=zoe,ou=users,{suffix}

dn: cn=atelier,ou=groups,{suffix}
objectClass: posixGroup
objectClass: groupOfNamesYnh
cn: atelier
gidNumber: 4711
member: uid=zoe,ou=users,{suffix}
memberUid: zoe

dn: cn=mail.main,ou=permission,{suffix}
objectClass: posixGroup
objectClass: permissionYnh
cn: mail.main
gidNumber: 5001
groupPermission: cn=all_users,ou=groups,{suffix}
""",
)

# -- LLDAP 0.6: nothing that is there is changed (`restrict`), and a name is told once. It hangs up on controls, which
# `Gate` does in its place. Its people are of `posixAccount` too, without what slapd wants of one, and its groups of two
# classes that slapd keeps apart.

LLDAP = Furnishing(
    suffix="dc=example,dc=com",
    bot="uid=conciergerie,ou=people,dc=example,dc=com",
    users="ou=people,dc=example,dc=com",
    groups="ou=groups,dc=example,dc=com",
    configuration=USUAL
    + DATABASE
    + """
restrict modify rename
add_content_acl on
overlay memberof
overlay refint
refint_attributes member memberOf
access to attrs=userPassword by anonymous auth by * none
access to attrs=displayName by * none
access to dn.regex="^(ou=[^,]+,)?{suffix}$"
 by group/groupOfNames/member.exact="cn=lldap_admin,ou=groups,{suffix}" write by users read by * none
access to * by group/groupOfNames/member.exact="cn=lldap_admin,ou=groups,{suffix}" write by self read by * none
""",
    tree="""\
dn: {suffix}
objectClass: dcObject
objectClass: organization
o: LLDAP
dc: example

dn: ou=people,{suffix}
objectClass: organizationalUnit
ou: people

dn: ou=groups,{suffix}
objectClass: organizationalUnit
ou: groups

dn: uid=conciergerie,ou=people,{suffix}
objectClass: inetOrgPerson
uid: conciergerie
cn: Conciergerie
sn: Conciergerie
mail: conciergerie@lieu.example
userPassword: {bot_password}

dn: cn=lldap_admin,ou=groups,{suffix}
objectClass: groupOfNames
cn: lldap_admin
member: uid=conciergerie,ou=people,{suffix}
""",
)

# -- Guichet over Bottin: no policy of passwords, and no schema to be read. Bottin checks no class, and lets a group be
# empty; here slapd is the stricter one.

GUICHET = Furnishing(
    suffix="dc=deuxfleurs,dc=example",
    bot="cn=conciergerie,ou=services,ou=users,dc=deuxfleurs,dc=example",
    users="ou=users,dc=deuxfleurs,dc=example",
    groups="ou=groups,dc=deuxfleurs,dc=example",
    configuration=USUAL
    + """
access to dn.base="cn=Subschema" by * none
"""
    + DATABASE
    + """
overlay memberof
overlay refint
refint_attributes member memberOf
access to attrs=userPassword by dn.exact="{bot}" =w by self =w by anonymous auth by * none
access to * by dn.exact="{bot}" write by users read by * none
""",
    tree="""\
dn: {suffix}
objectClass: dcObject
objectClass: organization
o: Deuxfleurs
dc: deuxfleurs

dn: ou=users,{suffix}
objectClass: organizationalUnit
ou: users

dn: ou=services,ou=users,{suffix}
objectClass: organizationalUnit
ou: services

dn: ou=groups,{suffix}
objectClass: organizationalUnit
ou: groups

dn: ou=invitations,{suffix}
objectClass: organizationalUnit
ou: invitations

dn: {bot}
objectClass: applicationProcess
objectClass: simpleSecurityObject
cn: conciergerie
userPassword: {bot_password}

dn: cn=email,ou=groups,{suffix}
objectClass: groupOfNames
cn: email
member: {bot}
""",
)
