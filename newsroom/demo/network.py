"""The demo's list: a network of river towns that does not exist."""

from typing import Any

LIST = "confluence"
FACTS: dict[str, Any] = {
    "title": {
        "en": "Letters from the river",
        "fr": "Lettres du fleuve",
        "es": "Cartas del río",
        "ar": "رسائل من النهر",
    },
    "from_name": "Confluence",
    "from_address": "letters@confluence.example",
    "postal_address": {
        "en": "Confluence, The Ferry House, 4 Quay Street, Port Amaranth",
        "fr": "Confluence, La Maison du Bac, 4, rue du Quai, Port Amaranth",
        "es": "Confluence, La Casa del Transbordador, calle del Muelle 4, Port Amaranth",
        "ar": "شبكة الملتقى، بيت العبّارة، 4 شارع الرصيف، بورت أمارانث",
    },
    "languages": ("en", "fr", "es", "ar"),
    "timezone": "Europe/Lisbon",
}
FOOTER = {
    "en": "You receive this letter because you asked for it, or because your town did and you said yes.",
    "fr": "Vous recevez cette lettre parce que vous l’avez demandée, ou parce que votre ville l’a proposée et que vous avez accepté.",
    "es": "Recibe esta carta porque la pidió, o porque la propuso su ciudad y usted aceptó.",
    "ar": "تصلكم هذه الرسالة لأنكم طلبتموها، أو لأن مدينتكم اقترحتها فوافقتم.",
}
ACCENT = "#1f7a8c"
REPLY_TO = "hello@confluence.example"
TOPICS = {
    "shade": {"en": "Shade and water", "fr": "Ombre et eau", "es": "Sombra y agua", "ar": "الظلّ والماء"},
    "nights": {"en": "Getting home at night", "fr": "Rentrer la nuit", "es": "Volver de noche", "ar": "العودة ليلاً"},
    "commons": {
        "en": "Shared places and things",
        "fr": "Lieux et objets partagés",
        "es": "Lugares y cosas comunes",
        "ar": "أماكن وأشياء مشتركة",
    },
}
