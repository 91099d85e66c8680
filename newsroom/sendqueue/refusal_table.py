"""What mail servers mean: the classes of refusal in plain words, and the rules that tell which one a reply is.

Enhanced status codes: RFC 3463 and the registry of RFC 5248. The rules of single providers come first, since what they write says
more than the number in front of it. Order counts: the first rule that fits decides.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """One class of refusal: what happened, and what to do. `worth_retrying`: a later try may well be taken."""

    key: str
    title: str
    meaning: str
    advice: str
    worth_retrying: bool = False


@dataclass(frozen=True, kw_only=True)
class Rule:
    """Fits when everything it names fits: the reply’s code (None: nobody answered), its status without the first digit, its words."""

    key: str
    status: str = ""
    words: str = ""
    codes: tuple[int | None, ...] = ()

    def fits(self, code: int | None, status: str, text: str) -> bool:
        return (
            (not self.codes or code in self.codes)
            and (not self.status or re.fullmatch(self.status, status.partition(".")[2]) is not None)
            and (not self.words or re.search(self.words, text, re.IGNORECASE) is not None)
        )


_OPERATOR = "Show this to whoever runs your mail server and DNS"
_ALL = (
    Explanation(
        key="no_such_mailbox", title="The mailbox does not exist",
        meaning="The address was mistyped, or the person has left that organisation.",
        advice="Ask the person for their address of today. Trying the old one again changes nothing.",
    ),
    Explanation(
        key="no_such_domain", title="The domain takes no mail",
        meaning="What stands after the @ does not exist, or has no mail server.",
        advice="Look for a slip of the pen in the domain. Trying again helps only if the domain was away by accident.",
        worth_retrying=True,
    ),
    Explanation(
        key="bad_address", title="The address cannot be used",
        meaning="The address is not written as addresses are.",
        advice="Correct the address.",
    ),
    Explanation(
        key="unusual_address", title="The mail server cannot take this kind of address",
        meaning="The address holds letters beyond plain a to z, and the mail server on the way does not handle such addresses.",
        advice="Ask the person for an address in plain letters, or use a mail server that takes such addresses (SMTPUTF8).",
    ),
    Explanation(
        key="mailbox_disabled", title="The mailbox is closed",
        meaning="The mailbox exists, but it was switched off or has not been used for long.",
        advice="Ask the person for another address. Trying again seldom helps.",
    ),
    Explanation(
        key="mailbox_full", title="The mailbox is full",
        meaning="There is no room for another letter in this person’s mailbox.",
        advice="It may have room in a few days: try again then, or write to the person another way.",
        worth_retrying=True,
    ),
    Explanation(
        key="too_large", title="The letter is too large",
        meaning="The mail server takes only smaller letters.",
        advice="Make the letter shorter or its pictures fewer in the next issue. Trying this one again changes nothing.",
    ),
    Explanation(
        key="unauthenticated", title="The provider wants proof that the mail is yours",
        meaning="SPF, DKIM or DMARC of the sender’s domain is missing or does not match. The people’s addresses are fine.",
        advice=f"{_OPERATOR}: SPF, DKIM and DMARC must be right for the sender’s domain. Then try again.",
        worth_retrying=True,
    ),
    Explanation(
        key="no_reverse_name", title="The mail server has no name of its own",
        meaning="The sending machine’s number has no reverse DNS entry (PTR), or one that does not lead back to it.",
        advice=f"{_OPERATOR}: the machine’s PTR record must be set. Then try again.",
        worth_retrying=True,
    ),
    Explanation(
        key="tls_wanted", title="The provider wants an encrypted connection",
        meaning="The receiving side takes mail only over TLS, and the mail server did not offer it.",
        advice=f"{_OPERATOR}: outgoing mail must use TLS. Then try again.",
        worth_retrying=True,
    ),
    Explanation(
        key="blocked", title="The sending server is on a block list",
        meaning="The provider refuses mail from this server’s address, whatever the letter says.",
        advice=f"{_OPERATOR}: the words below name the list and where to ask for removal. Then try again.",
        worth_retrying=True,
    ),
    Explanation(
        key="taken_for_spam", title="The letter was taken for spam",
        meaning="A filter disliked what the letter says, where its links lead, or how many people complained before.",
        advice="Look at its links and subject, and write only to people who asked for it. Try again once something has changed.",
        worth_retrying=True,
    ),
    Explanation(
        key="too_fast", title="The provider asks for more patience",
        meaning="More mail came from us than it takes at once, from this server or for this mailbox.",
        advice="Newsroom slows down by itself. If it happens with each issue, set a limit for this domain.",
        worth_retrying=True,
    ),
    Explanation(
        key="greylisted", title="Asked to come back later",
        meaning="The mail server turns every stranger away once and takes the letter at the second try (greylisting).",
        advice="Nothing to do: Newsroom tries again.",
        worth_retrying=True,
    ),
    Explanation(
        key="relay_denied", title="Our own mail server does not pass mail on",
        meaning="The mail server does not know us as somebody it sends for. The people’s addresses are fine.",
        advice="Check the mail server’s address and log-in in the settings, or have this machine allowed there. Then try again.",
        worth_retrying=True,
    ),
    Explanation(
        key="sender_refused", title="The sender’s address was refused",
        meaning="The provider does not take mail from the address that the list writes from.",
        advice="Check that the sender’s address exists and may be written from by your mail server. Then try again.",
        worth_retrying=True,
    ),
    Explanation(
        key="forbidden", title="The organisation does not let this mail in",
        meaning="A rule of the receiving organisation refuses it: often only known senders may write to that mailbox.",
        advice="Ask the person to have your sender’s address allowed there, then try again.",
    ),
    Explanation(
        key="loop", title="The letter went round in circles",
        meaning="The receiving side forwards the letter to itself.",
        advice="Tell the person: only their own mail service can mend that.",
    ),
    Explanation(
        key="server_trouble", title="The mail server had trouble of its own",
        meaning="Something on the receiving side, or on the way there, did not work at that moment.",
        advice="Newsroom tries again for two days. If that was not enough, try again when the other side works again.",
        worth_retrying=True,
    ),
    Explanation(
        key="line_lost", title="The line to the mail server broke",
        meaning="It broke before the mail server had the whole letter, so it did not take it.",
        advice="Newsroom tries again by itself for two days. If that was not enough, try again when the mail server can be reached.",
        worth_retrying=True,
    ),
    Explanation(
        key="not_handed_over", title="The letter could not be handed over",
        meaning="No mail server has refused it: Newsroom did not get as far as handing it over.",
        advice="The reason beside it says what to put right. What was put off is tried again by itself; what was given up, try again then.",
    ),
    Explanation(
        key="not_made", title="The letter could not be made",
        meaning="Newsroom could not put this person’s letter together, three times over. Nothing was sent to them.",
        advice="Look at the reason below, correct the person’s data, and try again.",
        worth_retrying=True,
    ),
    Explanation(
        key="refused", title="Refused for a reason of its own",
        meaning="The mail server said no for good. Its own words are all there is to know.",
        advice="Read its words below. Try again only if something has changed since.",
    ),
    Explanation(
        key="put_off", title="Put off",
        meaning="The mail server said: not now.",
        advice="Newsroom tries again for two days. If that was not enough, try again later.",
        worth_retrying=True,
    ),
)  # fmt: skip
EXPLANATIONS = {explanation.key: explanation for explanation in _ALL}

RULES = (
    # Without a code the words are Newsroom's own, as newsroom.sendqueue.transports has them.
    Rule(key="line_lost", words=r"before the final dot$", codes=(None,)),
    Rule(key="bad_address", words=r"holds a control character|cannot be written in ASCII", codes=(None,)),
    # Greylisting servers say so in many codes, and put their waiting time into the words.
    Rule(key="greylisted", words=r"gr[ae]y-?\s?list|postgrey|sqlgrey"),
    # Gmail: x.7.26 to x.7.32 and x.7.40 are about authentication, x.7.25 about the PTR record, x.7.28 about the rate.
    Rule(key="no_reverse_name", status=r"7\.25"),
    Rule(key="no_reverse_name", words=r"\bPTR\b|reverse (dns|hostname|lookup)|cannot find your (reverse )?hostname|client host rejected"),
    Rule(key="unauthenticated", status=r"7\.(20|21|22|23|24|26|27|30|31|32|40|509|515)"),
    Rule(
        key="unauthenticated",
        words=r"unauthenticated (e-?)?mail|fails? dmarc|dmarc (policy|fail)|spf.{0,40}fail|fails?.{0,30}\bspf\b|"
        r"dkim.{0,40}fail",
    ),
    # Outlook.com names its own lists S3140 and S3150; 5.7.6xx and 5.7.7xx are blocks of addresses and of tenants.
    Rule(key="blocked", words=r"\(S3[0-9]{3}\)|AS\(?[0-9]{3,5}\)?.{0,20}banned|banned sending ip|delist\.protection\.outlook"),
    Rule(key="blocked", status=r"7\.(606|607|608|609|61[0-9]|62[0-9]|63[0-9]|64[0-9]|511|708|705)"),
    Rule(
        key="blocked",
        words=r"spamhaus|spamcop|barracuda.{0,20}(central|reputation)|sorbs|block ?list|black ?list|deny ?list|\b[dr]bl\b|"
        r"is listed",
    ),
    # Yahoo: TS01 to TS04 and TSS04 to TSS11; Microsoft: 4.7.500 to 4.7.699, "server busy".
    Rule(
        key="too_fast",
        words=r"\[TSS?[0-9]{2}\]|unusual(ly)? (rate|traffic|volume)|unexpected volume|rate.?limit|too quickly|"
        r"too many (messages|connections|recipients|emails)|throttl",
    ),
    Rule(key="too_fast", status=r"7\.28"),
    Rule(key="too_fast", status=r"7\.(5[0-9]{2}|6[0-9]{2}|7[0-9]{2})", codes=(421, 450, 451, 452)),
    Rule(
        key="relay_denied",
        words=r"relay(ing)? (access )?(denied|not (allowed|permitted))|unable to relay|not permitted to relay|we do not relay",
    ),
    Rule(key="tls_wanted", words=r"(tls|encrypt\w*).{0,30}(required|needed)|must issue a starttls", codes=(421, 450, 454, 530, 550, 554)),
    Rule(key="tls_wanted", status=r"7\.(10|11)"),
    Rule(key="too_large", status=r"(3\.4|2\.3)"),
    Rule(key="too_large", words=r"(message|mail|letter).{0,20}(too (big|large)|size exceeds|exceeds.{0,20}size)|size limit"),
    Rule(key="mailbox_full", status=r"2\.2"),
    Rule(
        key="mailbox_full",
        words=r"over ?quota|quota (is )?exceeded|exceed.{0,20}quota|mailbox.{0,20}\bfull|out of storage|"
        r"insufficient.{0,20}storage|no space left in the mailbox",
    ),
    Rule(
        key="taken_for_spam",
        words=r"\bspam\b|unsolicited|\buce\b|junk|content.{0,20}(rejected|refused|blocked)|phish|virus|malware|suspicious|"
        r"poor reputation|low reputation",
    ),
    Rule(key="mailbox_disabled", status=r"2\.1", codes=(550, 554, 553, 551)),
    Rule(
        key="mailbox_disabled",
        words=r"(mailbox|account|user|address).{0,30}(disabled|inactive|suspended|deactivated|locked|closed|discontinued)|"
        r"dormant",
    ),
    Rule(key="too_fast", status=r"2\.1", codes=(421, 450, 451, 452)),
    Rule(key="sender_refused", status=r"1\.(7|8)"),
    Rule(key="sender_refused", words=r"sender.{0,30}(rejected|refused|denied|verify failed|not allowed)|sender verify"),
    Rule(key="no_such_mailbox", status=r"1\.(1|6)"),
    Rule(
        key="no_such_mailbox",
        words=r"(user|mailbox|recipient|address|account|person).{0,40}(unknown|not found|does ?n.t exist|doesn't have|"
        r"does not (exist|have)|not exist|no longer|invalid|unavailable)|(no such|unknown|invalid|non-?existent) (user|"
        r"mailbox|recipient|address|person|account)|not a (known|valid) user|no mailbox here|"
        r"resolver\.adr\.(recip)?notfound|recipnotfound",
        codes=(550, 551, 553, 554, 511),
    ),
    Rule(key="no_such_domain", status=r"(1\.2|1\.10|4\.4)"),
    Rule(
        key="no_such_domain",
        words=r"(domain|host).{0,30}(not found|does not exist|unknown|no mx|lookup failed)|nullmx|unrouteable|unroutable",
    ),
    Rule(key="unusual_address", status=r"6\.7"),
    Rule(key="unusual_address", words=r"smtputf8|internationali[sz]ed"),
    Rule(key="bad_address", status=r"1\.3"),
    Rule(key="loop", status=r"4\.6"),
    Rule(key="loop", words=r"mail loop|loops back|too many hops|hop count"),
    # What is left of x.7 is a rule of somebody's house: restricted groups, Gmail's custom rules (gcdp), bare 5.7.1.
    Rule(key="forbidden", status=r"7\.\d+", codes=(550, 551, 552, 553, 554, 541, 571)),
    Rule(key="forbidden", words=r"policy|not authori[sz]ed|access denied|permission|restricted|\bgcdp\b", codes=(550, 553, 554, 571)),
    Rule(key="mailbox_full", codes=(452, 552)),
    Rule(key="server_trouble", status=r"[34]\.\d+"),
    Rule(
        key="server_trouble",
        words=r"try again|temporar|timed? ?out|timeout|unavailable|busy|internal error",
        codes=(421, 432, 441, 442, 447, 450, 451, 454),
    ),
)  # fmt: skip
