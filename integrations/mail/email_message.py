"""A mail as it is written: plain, and the same as a page where there is one."""

from __future__ import annotations

from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import localtime, make_msgid

from .mailboxes import mailbox

PLAIN = SMTP.clone(cte_type="7bit")  # the oldest server on the way takes it


def email_message(sender: Address, to: str, subject: str, text: str, *, html: str = "", key: str = "") -> EmailMessage:
    """`key` names it: the same one is the same mail to whoever shows it. Raises `Rejected("mail-address")`."""
    message = EmailMessage(policy=PLAIN)
    message["From"], message["To"], message["Subject"] = sender, mailbox(to), subject
    message["Date"] = localtime()
    message["Message-ID"] = f"<{key}@{sender.domain}>" if key else make_msgid(domain=sender.domain)
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text)
    if html:
        message.add_alternative(html, subtype="html")
    return message
