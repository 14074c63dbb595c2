"""What a carrier's adapter tells us: docs/reference/gateway.md. It has no session and no origin;
each request is signed, and may come again."""

from __future__ import annotations

from typing import Annotated, Final, Literal, TypeVar

from fastapi import APIRouter, Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from dispatch.alerts.signing import is_signed
from dispatch.api.errors import BadSignature
from dispatch.api.services import services
from dispatch.inbox import Report
from dispatch.model import DeliveryReport, Medium, NoticeId, SendStatus

router = APIRouter(prefix="/api/hooks")

REPORTS_MOST: Final = 1_000
Id = Annotated[str, Field(min_length=1, max_length=200)]
Code = Annotated[str, Field(max_length=40, pattern=r"^[A-Z0-9_]*$")]


class ReportBody(BaseModel):
    """What became of a message, by the id we gave it."""

    model_config = ConfigDict(extra="forbid")
    id: Id
    status: Literal["DELIVERED", "FAILED"]
    at: AwareDatetime
    because: Code = ""
    digits: Annotated[str, Field(max_length=8, pattern=r"^[0-9*#]*$")] = ""


class ReplyBody(BaseModel):
    """What the owner of a phone wrote."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)
    id: Id
    phone: Annotated[str, Field(alias="from", max_length=20, pattern=r"^\+?[0-9]{5,15}$")]
    text: Annotated[str, Field(max_length=2_000)]
    at: AwareDatetime


_REPORTS: Final = TypeAdapter(Annotated[list[ReportBody], Field(max_length=REPORTS_MOST)])
_REPLY: Final = TypeAdapter(ReplyBody)
T = TypeVar("T")
_MEDIA: Final = {"SMS": Medium.SMS, "VOICE": Medium.VOICE}


async def _signed_body(request: Request) -> bytes:
    s, body = services(request), await request.body()
    if not is_signed(s.gateway_secret, request.headers, body, s.clock.now()):
        raise BadSignature("the signature, or its time, is not right")
    return body


Signed = Annotated[bytes, Depends(_signed_body)]


@router.post("/reports", status_code=204)
async def reports(request: Request, body: Signed) -> Response:
    """Delivery reports; those of messages nobody knows are passed over."""
    known = [report for one in _read(_REPORTS, body) if (report := _report(one)) is not None]
    if known:
        await services(request).inbox.reported(known)
    return Response(status_code=204)


@router.post("/replies", status_code=204)
async def replies(request: Request, body: Signed) -> Response:
    """A text message from somebody."""
    reply = _read(_REPLY, body)
    await services(request).inbox.replied(reply.id, reply.phone, reply.text)
    return Response(status_code=204)


def _report(body: ReportBody) -> Report | None:
    """A message's id is that of its notice and the medium."""
    notice_id, _, rest = body.id.partition("/")
    medium = _MEDIA.get(rest.partition("/")[0])
    if medium is None:
        return None
    delivery = DeliveryReport(
        notice_id=NoticeId(notice_id),
        medium=medium,
        status=SendStatus(body.status),
        at=body.at,
        because=body.because,
    )
    return Report(key=body.id, delivery=delivery, digits=body.digits)


def _read(kind: TypeAdapter[T], body: bytes) -> T:
    """Read a body that was held against its signature first."""
    try:
        return kind.validate_json(body)
    except ValidationError as exc:
        errors = [{**one, "loc": ("body", *one["loc"])} for one in exc.errors(include_input=False)]
        raise RequestValidationError(errors) from None
