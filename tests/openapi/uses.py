"""What somebody writes with the generated client: mypy knows every code of an operation, and that there is no other."""

from typing import assert_never

from mail.api.default import send_email
from mail.client import Client
from mail.models import (
    MailSendingAuthenticationRequired,
    MailSendingInsufficientCredits,
    MailSendingInternalError,
    MailSendingInvalidParameter,
    MailSendingMissingParameter,
    MailSendingNoActiveProviders,
    MailSendingNotFound,
    MailSendingRateLimitExceeded,
    MailSendingRequestTimeout,
    MailSendingServiceUnavailable,
    MailSendingUnsupportedMediaType,
    Sent,
)


def send(client: Client) -> str:
    answer = send_email.sync(client=client)
    match answer:
        case None:
            return "not documented"
        case Sent():
            return answer.id
        case MailSendingInvalidParameter() | MailSendingMissingParameter():
            return f"{answer.error.code}: {answer.error.param}"
        case MailSendingNotFound() | MailSendingInsufficientCredits() | MailSendingAuthenticationRequired():
            return answer.error.message
        case MailSendingUnsupportedMediaType() | MailSendingRateLimitExceeded() | MailSendingRequestTimeout():
            return answer.error.doc_url
        case MailSendingInternalError() | MailSendingNoActiveProviders() | MailSendingServiceUnavailable():
            return answer.meta.request_id
        case _:
            assert_never(answer)
