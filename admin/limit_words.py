"""A sending limit in words, in the language of the page."""

from markupsafe import Markup

from admin.speaking import t, tn
from newsroom.sendqueue.buckets import Rule

#: Seconds in which so many letters may leave, where there is a word for the span.
NAMED_SPANS = (1, 60, 3600, 86400)


def rule_in_words(rule: Rule) -> Markup:
    """600 letters per minute and 5,000 letters a day"""
    pace = None if rule.rate is None else _pace(rule.rate, rule.per)
    daily = None if rule.daily is None else tn("limit.daily", rule.daily)
    return t("limit.both", pace=pace, daily=daily) if pace and daily else pace or daily or Markup()


def _pace(rate: float, per: int) -> Markup:
    number = int(rate) if float(rate).is_integer() else rate
    return tn(f"limit.pace.{per}", number) if per in NAMED_SPANS else tn("limit.pace_of", number, seconds=per)
