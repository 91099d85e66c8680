"""Refusals in plain words: replies as real mail servers write them, and which of them count as the same."""

import json
from dataclasses import asdict

import pytest

from newsroom.sendqueue.explaining import Refused, by_class, class_of, explain, group_from, group_refusals, pattern_of
from newsroom.sendqueue.refusal_table import EXPLANATIONS, RULES

# (code, enhanced status as the reply's first words gave it, text, class): the wording of large providers and common servers.
REPLIES = [
    (550, "5.1.1", ("The email account that you tried to reach does not exist. Please try double-checking the recipient's address for "
     "typos. For more information, go to https://support.google.com/mail/?p=NoSuchUser a640c23a62f3a-ae1234 - gsmtp"), "no_such_mailbox"),
    (550, "5.1.1", "<jane@city.example>: Recipient address rejected: User unknown in virtual mailbox table", "no_such_mailbox"),
    (550, "5.1.10", "RESOLVER.ADR.RecipientNotFound; Recipient jane@city.example not found by SMTP address lookup", "no_such_mailbox"),
    (550, "5.5.0", "Requested action not taken: mailbox unavailable [DB5EUR01FT043.eop-EUR01.protection.outlook.com]", "no_such_mailbox"),
    (550, "", "No Such User Here", "no_such_mailbox"),
    (554, "5.7.9", "Message not accepted for policy reasons. See https://postmaster.yahooinc.com/error-codes", "forbidden"),
    (554, "", "delivery error: dd This user doesn't have a yahoo.com account (jane@yahoo.com) [0] - mta4107.mail.bf1.yahoo.com",
     "no_such_mailbox"),
    (550, "5.2.1", "The email account that you tried to reach is inactive. https://support.google.com/mail/?p=DisabledUser - gsmtp",
     "mailbox_disabled"),
    (450, "4.2.1", "The user you are trying to contact is receiving mail too quickly. Please resend your message at a later time. - gsmtp",
     "too_fast"),
    (452, "4.2.2", "The recipient's inbox is out of storage space. https://support.google.com/mail/?p=OverQuota - gsmtp", "mailbox_full"),
    (552, "5.2.2", "<jane@city.example>: user is over quota", "mailbox_full"),
    (554, "5.2.2", "mailbox full; STOREDRV.Deliver.Exception:QuotaExceededException", "mailbox_full"),
    (552, "5.3.4", "Message size exceeds fixed limit", "too_large"),
    (550, "5.7.26", ("Your email has been blocked because the sender is unauthenticated. Gmail requires all senders to authenticate with "
     "either SPF or DKIM. 4fb4d7f45d1cf-6a1 - gsmtp"), "unauthenticated"),
    (421, "4.7.27", "Your email has been rate limited because SPF authentication didn't pass for this message. - gsmtp", "unauthenticated"),
    (550, "5.7.515", "Access denied, sending domain EXAMPLE.ORG does not meet the required authentication level.", "unauthenticated"),
    (550, "5.7.1", "Unauthenticated email from example.org is not accepted due to domain's DMARC policy. - gsmtp", "unauthenticated"),
    (550, "5.7.25", "The IP address sending this message does not have a PTR record setup. - gsmtp", "no_reverse_name"),
    (450, "4.7.25", "Client host rejected: cannot find your hostname, [192.0.2.7]", "no_reverse_name"),
    (421, "4.7.28", "Gmail has detected an unusual rate of unsolicited mail originating from your IP address. - gsmtp", "too_fast"),
    (421, "4.7.0", "[TSS04] Messages from 192.0.2.7 temporarily deferred due to unexpected volume or user complaints", "too_fast"),
    (451, "4.7.650", "The mail server [192.0.2.7] has been temporarily rate limited due to IP reputation.", "too_fast"),
    (550, "5.7.1", ("Unfortunately, messages from [192.0.2.7] weren't sent. Please contact your Internet service provider since part of "
     "their network is on our block list (S3150)."), "blocked"),
    (550, "5.7.606", ("Access denied, banned sending IP [192.0.2.7]. To request removal from this list please visit "
     "https://sender.office.com/"), "blocked"),
    (554, "5.7.1", "Service unavailable; Client host [192.0.2.7] blocked using zen.spamhaus.org", "blocked"),
    (550, "5.7.1", ("Our system has detected that this message is likely unsolicited mail. To reduce the amount of spam sent to Gmail, "
     "this message has been blocked. - gsmtp"), "taken_for_spam"),
    (554, "5.7.1", "[CS] Message blocked. Spam message rejected", "taken_for_spam"),
    (450, "4.2.0", "<jane@city.example>: Recipient address rejected: Greylisted, see http://postgrey.schweikert.ch/help/city.example",
     "greylisted"),
    (451, "4.7.1", "Greylisting in action, please come back in 00:04:59", "greylisted"),
    (554, "5.7.1", "<jane@city.example>: Relay access denied", "relay_denied"),
    (550, "5.7.54", "SMTP; Unable to relay recipient in non-accepted domain", "relay_denied"),
    (550, "5.7.1", "This message violates city.example email policy. - gcdp a640c23a62f3a-ae1 - gsmtp", "forbidden"),
    (550, "5.7.133", "RESOLVER.RST.SenderNotAuthenticatedForGroup; authentication required", "forbidden"),
    (550, "5.7.10", "Encryption needed", "tls_wanted"),
    (550, "5.1.2", "Host or domain name not found", "no_such_domain"),
    (550, "5.4.4", "Unrouteable address", "no_such_domain"),
    (553, "5.6.7", "the mail server does not take addresses beyond ASCII", "unusual_address"),
    (501, "5.1.3", "Bad recipient address syntax", "bad_address"),
    (550, "5.1.8", "Sender address rejected: Domain not found", "sender_refused"),
    (554, "5.4.6", "Hop count exceeded - possible mail loop", "loop"),
    (451, "4.3.0", "Temporary lookup failure", "server_trouble"),
    (421, "4.4.2", "mx.city.example Error: timeout exceeded", "server_trouble"),
    (451, "", "Requested action aborted: local error in processing. Try again later", "server_trouble"),
    (554, "", "Transaction failed", "refused"),
    (459, "", "not today", "put_off"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "status", "text", "expected"), REPLIES)
def test_a_reply_of_the_real_world_is_explained(code: int, status: str, text: str, expected: str) -> None:
    assert class_of(code, status, text) == expected


def test_every_rule_names_an_explanation_and_every_explanation_is_reached() -> None:
    named = {rule.key for rule in RULES}
    assert named <= EXPLANATIONS.keys()
    assert EXPLANATIONS.keys() - named == {"refused", "put_off", "not_made", "not_handed_over"}


@pytest.mark.parametrize("explanation", EXPLANATIONS.values(), ids=lambda explanation: explanation.key)
def test_an_explanation_is_made_of_sentences_and_never_says_delivered(explanation: object) -> None:
    words = [str(value) for name, value in asdict(explanation).items() if name in ("meaning", "advice")]  # type: ignore[call-overload]
    assert all(sentence.endswith(".") and sentence[0].isupper() for sentence in words)
    assert not any("delivered" in sentence for sentence in words)


def test_a_status_in_the_middle_of_the_words_is_found() -> None:
    assert class_of(550, "", "permanent failure for one or more recipients (jane@city.example:550 5.1.1 nobody)") == "no_such_mailbox"


def test_a_letter_that_could_not_be_made_is_our_own_affair() -> None:
    assert explain(None, "", "", "the letter could not be made: no name").title == "The letter could not be made"


@pytest.mark.parametrize(
    ("text", "reason", "expected"),
    [
        ("connection closed by the mail server, before the final dot", "put off by the mail server", "line_lost"),
        ("connection lost: [Errno 104] Connection reset by peer, before the final dot", "given up after the last try", "line_lost"),
        ("the outbox cannot be written: No space left on device", "put off by the mail server", "not_handed_over"),
        ("the letter holds 8-bit text and the mail server does not offer 8BITMIME", "refused by the mail server", "not_handed_over"),
        ("the address is not in ASCII and the mail server does not offer SMTPUTF8", "refused by the mail server", "unusual_address"),
        ("the address holds a control character", "refused by the mail server", "bad_address"),
        ("the domain cannot be written in ASCII: too long", "refused by the mail server", "bad_address"),
    ],
)
def test_what_no_mail_server_answered_is_never_called_a_refusal(text: str, reason: str, expected: str) -> None:
    assert class_of(None, "", text, reason) == expected


def test_a_status_without_a_code_still_tells_no_from_not_now() -> None:
    assert (class_of(None, "5.0.0", "no"), class_of(None, "4.0.0", "later")) == ("refused", "put_off")


def test_what_somebody_else_must_allow_first_is_not_ticked_beforehand() -> None:
    assert not EXPLANATIONS["forbidden"].worth_retrying


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("<a@x.example>: Recipient address rejected", "<bcd@y.example>: Recipient address rejected"),
        ("queued as 4Xk2Qp0BzTz9vL, see 17", "queued as 4Xk9zz0BzTz9vM, see 18"),
        ("blocked for 192.0.2.7 at 10:02:33", "blocked for 2001:db8::7 at 22:41:09"),
        ("double-check\n5.1.1 the address", "double-check the address"),
        ("come back in 299 seconds", "come back in 12 seconds"),
    ],
)
def test_what_differs_from_letter_to_letter_does_not_part_a_group(one: str, other: str) -> None:
    assert pattern_of(one) == pattern_of(other)


def test_different_words_stay_apart() -> None:
    assert pattern_of("user unknown") != pattern_of("mailbox full")
    assert pattern_of("block list (S3140)") != pattern_of("block list (S3150)")


def rows() -> list[Refused]:
    unknown = [
        Refused(
            state="failed", code=550, status="5.1.1", reply=f"<p{n}@city{n % 9}.example>: unknown", reason="", domain=f"city{n % 9}.example"
        )
        for n in range(90)
    ]
    full = Refused(state="deferred", code=452, status="4.2.2", reply="full", reason="", domain="z.example")
    return [full, *unknown, full]


def test_many_refusals_become_the_few_that_differ() -> None:
    first, second = group_refusals(rows())
    assert (first.key, first.failed, first.deferred, first.domain_count) == ("no_such_mailbox", 90, 0, 9)
    assert first.domains[0] == ("city0.example", 10)
    assert len(first.domains) == 5
    assert (second.key, second.failed, second.deferred, second.words) == ("mailbox_full", 0, 2, "full")


def test_a_group_survives_its_way_through_json() -> None:
    groups = group_refusals(rows())
    assert [group_from(json.loads(json.dumps(asdict(group)))) for group in groups] == groups


def test_groups_stand_under_their_explanation_the_most_frequent_first() -> None:
    classes = by_class(group_refusals(rows()))
    assert [(one.explanation.key, one.count) for one in classes] == [("no_such_mailbox", 90), ("mailbox_full", 2)]
