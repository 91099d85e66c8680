"""The demo's forty readers: invented people of invented towns, each with a standing of their own."""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Reader:
    """`standing` is given, withdrawn, unknown, paused, undeliverable or suppressed; `topics` as an import file writes them."""

    address: str
    name: str
    language: str
    topics: str = "all"
    standing: str = "given"


def _readers(language: str, lines: str) -> list[Reader]:
    """One reader per line: address, name, topics, standing."""
    cells = ([cell.strip() for cell in line.split("|")] for line in lines.strip().splitlines())
    return [
        Reader(address=address, name=name, language=language, topics=topics or "all", standing=standing or "given")
        for address, name, topics, standing in cells
    ]


READERS = (
    *_readers("en", """
        ilse.varga@lindermere.example      | Ilse Varga          | shade         |
        clerk@lindermere.example           |                     |               |
        tom.okafor@lindermere.example      | Tom Okafor          | nights,shade  |
        hanna@port-amaranth.example        | Hanna Lindqvist     |               |
        j.oneill@port-amaranth.example     | Jonah O’Neill       | commons       |
        library@port-amaranth.example      | The Town Library    | commons       |
        mira.sethi@tambara.example         | Mira Sethi          |               |
        lighthouse@tambara.example         |                     | nights        |
        p.quist@eastbank.example           | Quist, Peter        |               | paused
        ruth.adeyemi@eastbank.example      | Ruth Adeyemi        |               | withdrawn
        old.address@eastbank.example       | Ben Carrow          |               | undeliverable
        nobody.asked@eastbank.example      | Sam Whitlock        |               | unknown
    """),
    *_readers("fr", """
        odile.marchetti@sainte-colombe.example  | Odile Marchetti       | nights        |
        mairie@sainte-colombe.example           |                       |               |
        f.bonnefoy@sainte-colombe.example       | Félix Bonnefoy        | shade,commons |
        anais.le-goff@montrivage.example        | Anaïs Le Goff         |               |
        y.diallo@montrivage.example             | Yacine Diallo         | shade         |
        jardins@montrivage.example              | Les Jardins partagés  | shade         |
        celine@montrivage.example               | Céline Abadie         | none          |
        bac@montrivage.example                  |                       | nights        |
        m.terrier@sainte-colombe.example        | Marcel Terrier        |               | withdrawn
        ancienne.adresse@montrivage.example     | Lucie Charpin         |               | suppressed
    """),
    *_readers("es", """
        noor.castellanos@valdelirio.example   | Noor Castellanos      | commons       |
        t.aldecoa@valdelirio.example          | Tomás Aldecoa         | shade         |
        ayuntamiento@valdelirio.example       |                       |               |
        begona.iturri@valdelirio.example      | Begoña Iturri         |               |
        r.pizarro@rioclaro.example            | Rocío Pizarro Núñez   | nights        |
        vecinos@rioclaro.example              | Vecinos de la Ribera  |               |
        g.montero@rioclaro.example            | Gabriel Montero       | shade,nights  |
        ines.vidal@rioclaro.example           | Inés Vidal            |               |
        sin.respuesta@rioclaro.example        | Hugo Salas            |               | unknown
        de.viaje@valdelirio.example           | Elena Duarte          |               | paused
    """),
    *_readers("ar", """
        samira.haddou@qasr-al-nada.example    | سميرة حدّو            |               |
        baladiya@qasr-al-nada.example         |                       |               |
        y.benomar@qasr-al-nada.example        | ياسين بن عمر          | nights        |
        layla@wadi-zahra.example              | ليلى الخطيب           | shade,commons |
        k.mansour@wadi-zahra.example          | كريم منصور            |               |
        maktaba@wadi-zahra.example            | مكتبة وادي زهرة       | commons       |
        n.farouk@wadi-zahra.example           | نادية فاروق           |               | undeliverable
        h.saleh@qasr-al-nada.example          | هدى صالح              |               | withdrawn
    """),
)  # fmt: skip


def readers_who_are(*standings: str) -> list[Reader]:
    return [reader for reader in READERS if reader.standing in standings]


def as_csv(readers: Iterable[Reader]) -> io.BytesIO:
    """An import file of these readers."""
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(["email", "name", "language", "topics"])
    rows.writerows([reader.address, reader.name, reader.language, reader.topics] for reader in readers)
    return io.BytesIO(text.getvalue().encode())
