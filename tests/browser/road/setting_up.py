"""From the printed link to a newsletter with topics, sign-offs, colleagues and readers."""

import re

from playwright.sync_api import expect

from tests.browser.road.people import PASSWORD, Walker
from tests.browser.road.sample import LANGUAGES, Newsletter

LIST_TITLE = "Mayors Mechanism Newsletter"
POSTAL_ADDRESS = "City Network Secretariat\n12 Quay Street\n1000 Brussels"
ZONE = "Europe/Madrid"
#: Eight readers who agreed, two in each language, some with topics; the ninth row is not an address.
READERS = """E-mail,Name,Language,Topics
zoe@readers.example.org,Zoë Okafor,en,
john@readers.example.org,John Smith,en,inclusion
marie@readers.example.org,Marie Dupont,fr,
luc@readers.example.org,Luc Martin,fr,financing
ana.r@readers.example.org,Ana Ruiz,es,
pablo@readers.example.org,Pablo Gil,es,inclusion
layla@readers.example.org,ليلى حداد,ar,
omar@readers.example.org,عمر صالح,ar,financing
not an address,Nobody,en,
"""


def go_through_the_wizard(writer: Walker, printed_link: str) -> None:
    page = writer.page
    page.goto(printed_link)
    writer.shows("Welcome to Newsroom")
    writer.album.key_page(page, "wizard-account")
    page.get_by_label("Your name").fill(writer.name)
    page.get_by_label("E-mail address").fill(writer.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password once more").fill(PASSWORD)
    writer.press("Continue")
    page.get_by_label("Name of the organisation").fill("Mayors Mechanism")
    page.get_by_label("Postal address").fill(POSTAL_ADDRESS)
    writer.take("wizard-organisation")
    writer.press("Continue")
    page.get_by_label("Name of the newsletter").fill(LIST_TITLE)
    page.get_by_label("Sender’s e-mail address").fill("news@cities.example.org")
    writer.take("wizard-sender")
    writer.press("Continue")
    page.get_by_label("Capture them for now").check()
    writer.take("wizard-mail")
    writer.press("Continue")
    choose_languages(writer)
    writer.press("Begin with an empty page")
    writer.shows("Newsroom is set up.")


def choose_languages(writer: Walker) -> None:
    page = writer.page
    page.get_by_label("Written first in").select_option("en")
    for language in LANGUAGES[1:]:
        page.locator(f"#language-{language}").check()
    page.get_by_label("Time zone").select_option(ZONE)
    writer.take("wizard-languages")
    writer.press("Continue")
    writer.shows("Your first issue")
    writer.album.on_phone_too(page, "wizard-first-issue")


def describe_the_list(writer: Walker, sample: Newsletter) -> None:
    """Its names in four languages, and the topics that the sample's sections are for."""
    page = writer.page
    writer.menu("Lists")
    writer.take("lists")
    page.get_by_role("link", name=re.compile("^Settings of")).or_(
        page.get_by_role("main").get_by_role("link", name="Settings")
    ).first.click()
    titles = {"fr": "La lettre du Mécanisme des maires", "es": "Boletín del Mecanismo de Alcaldes", "ar": "نشرة آلية رؤساء البلديات"}
    for language, title in titles.items():
        page.locator(f"#field-title-{language}").fill(title)
    for place, topic in enumerate(sample.topics):
        page.locator(f"#topic{place}-slug").fill(topic)
        page.locator(f"#topic{place}-en").fill(topic.capitalize())
    writer.album.on_phone_too(page, "list-settings")
    writer.press("Save")
    writer.shows("Saved")


def invite(writer: Walker, name: str, email: str, role: str) -> None:
    page = writer.page
    writer.menu("Settings")
    page.get_by_role("main").get_by_role("link", name="People").click()
    writer.follow("Invite somebody")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("On all lists, also those to come").check()
    page.get_by_label(role, exact=True).check()
    writer.take(f"invite-{role.lower()}")
    writer.press("Send the invitation")
    writer.shows("is kept in the Outbox")


def invitation_of(writer: Walker, email: str) -> str:
    """The link in the captured letter, read in the Outbox as the administrator reads it."""
    page = writer.page
    letter = page.get_by_role("link", name=re.compile(re.escape(email)))
    writer.menu("Outbox")
    while not letter.count():  # the sender looks for letters by itself, every few seconds
        page.wait_for_timeout(300)
        page.reload()
    letter.first.click()
    button = page.frame_locator("iframe.letter-frame").get_by_role("link", name="Choose a password")
    button.wait_for()
    writer.take(f"outbox-invitation-{email.partition('@')[0]}")
    return button.get_attribute("href") or ""


def accept_the_invitation(colleague: Walker, link: str) -> None:
    page = colleague.page
    page.goto(link)
    colleague.shows("Choose a password for")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password once more").fill(PASSWORD)
    colleague.take(f"invitation-{colleague.name.split()[0].lower()}")
    colleague.press("Begin")
    page.wait_for_url("**/admin/issues")


def bring_readers_in(writer: Walker) -> None:
    page = writer.page
    writer.menu("Subscribers")
    page.get_by_role("main").get_by_role("link", name="Import a file").first.click()
    page.get_by_label("CSV file").set_input_files({"name": "readers.csv", "mimeType": "text/csv", "buffer": READERS.encode()})
    writer.take("import-file")
    page.locator("main form button[type=submit]").click()
    page.get_by_text("not an address").wait_for()
    writer.album.on_phone_too(page, "import-report")
    page.get_by_role("button", name=re.compile("^Import 8")).click()
    expect(page.get_by_role("main")).to_contain_text("8 new")
    writer.take("subscribers")


def ask_for_two_sign_offs(writer: Walker, text_by: str, languages_by: str) -> None:
    """The text by one colleague, every language by the other."""
    page = writer.page
    writer.menu("Lists")
    page.get_by_role("main").get_by_role("link", name="Settings").first.click()
    writer.follow("Sign-offs")
    for place, (name, who) in enumerate((("Text", text_by), ("Translation", languages_by))):
        page.locator(f"#name-{place}").fill(name)
        page.locator("fieldset.sheet").nth(place).get_by_label(who).check()
    page.locator("#per-1").check()
    writer.take("list-signoffs")
    writer.press("Save")
    writer.shows("Saved. It holds for issues that are not approved yet.")
