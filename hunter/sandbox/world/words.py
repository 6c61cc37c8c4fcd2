"""The words that invented companies and people are made of. Stems are syllables, so that no real firm is meant."""

from __future__ import annotations

from dataclasses import dataclass

SYLLABLES = (
    "bor", "van", "ta", "kel", "mi", "zu", "ran", "dol", "vek", "lin", "sar", "tu", "mo", "rix", "nel", "pa", "gri", "zen",
    "lo", "quo", "fer", "du", "bex", "hal", "vo", "tri", "sol", "ki", "mar", "wen", "ost", "il", "tem", "ra", "nov", "xa",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Trade:
    """A line of business as the firm writes it, and as it stands in the domain."""

    written: str
    in_domain: str


@dataclass(frozen=True, slots=True)
class Land:
    """Where a company sits: how its firms are called, what their domains end in, who works there."""

    country: str
    weight: int
    endings: tuple[str, ...]
    trades: tuple[Trade, ...]
    legal_forms: tuple[str, ...]
    cities: tuple[str, ...]
    first_names: tuple[str, ...]
    last_names: tuple[str, ...]
    locale: str
    phone: str
    decorated: tuple[tuple[str, str], ...] = ()  # a piece with letters outside ASCII, and its ASCII spelling


def _trades(*pairs: str) -> tuple[Trade, ...]:
    return tuple(Trade(*pair.split("/")) for pair in pairs)


LANDS = (
    Land(
        "TR", 42, ("com.tr",) * 6 + ("com",) * 3 + ("net.tr", "org.tr", "tr"),
        _trades("Tekstil/tekstil", "Lojistik/lojistik", "İnşaat/insaat", "Gıda/gida", "Yazılım/yazilim", "Sigorta/sigorta",
                "Turizm/turizm", "Çelik/celik", "Mobilya/mobilya", "Sağlık/saglik", "Belediyesi/belediyesi"),
        ("A.Ş.", "Ltd. Şti.", "San. ve Tic. A.Ş.", "Holding"),
        ("İstanbul", "İzmir", "Ankara", "Bursa", "Gaziantep", "Eskişehir", "Kayseri"),
        ("Deniz", "Ece", "Çağrı", "Işıl", "Ömer", "Şeyma", "Barış", "İlker", "Gül", "Ağca"),
        ("Yılmaz", "Öztürk", "Çelik", "Işık", "Şahin", "Doğan", "Güneş", "Kılıç"),
        "tr-TR", "+90 232 000 ",
        (("Güneş", "gunes"), ("Çınar", "cinar"), ("Şirin", "sirin"), ("Işık", "isik"), ("İğde", "igde"), ("Öz", "oz")),
    ),
    Land(
        "DE", 14, ("de",) * 5 + ("com",),
        _trades("Maschinenbau/maschinenbau", "Logistik/logistik", "Bäckerei/baeckerei", "Gebäudetechnik/gebaeudetechnik",
                "Software/software", "Großhandel/grosshandel"),
        ("GmbH", "AG", "GmbH & Co. KG", "e. K."),
        ("München", "Köln", "Düsseldorf", "Nürnberg", "Hamburg"),
        ("Jürgen", "Anneliese", "Björn", "Käthe", "Sören", "Heike"),
        ("Müller", "Weiß", "Schröder", "Köhler", "Groß", "Jäger"),
        "de-DE", "+49 30 000 ",
        (("Müllen", "muellen"), ("Weiß", "weiss"), ("Käl", "kael"), ("Höh", "hoeh")),
    ),
    Land(
        "JP", 6, ("co.jp", "jp", "jp", "com"),
        _trades("物流/butsuryu", "製作所/seisakusho", "食品/shokuhin", "システムズ/systems"),
        ("株式会社", "合同会社"),
        ("東京", "大阪", "名古屋", "福岡"),
        ("太郎", "花子", "健", "美咲"),
        ("山本", "高橋", "渡辺", "小林"),
        "ja-JP", "+81 3 0000 ",
        (("北嶺", "hokurei"), ("青海", "aomi"), ("桜野", "sakurano")),
    ),
    Land(
        "GB", 10, ("co.uk", "co.uk", "uk", "com", "io"),
        _trades("Freight/freight", "Joinery/joinery", "Analytics/analytics", "Care Homes/carehomes", "Legal/legal"),
        ("Ltd", "plc", "LLP"),
        ("Leeds", "Bristol", "Glasgow", "Norwich"),
        ("Oliver", "Zoë", "Priya", "Seán", "Harriet"),
        ("O'Hara", "Patel", "Whitcombe", "Brontë", "Okafor"),
        "en-GB", "+44 20 0000 ",
    ),
    Land(
        "NL", 8, ("nl", "nl", "nl", "com"),
        _trades("Logistiek/logistiek", "Zuivel/zuivel", "Techniek/techniek", "Advies/advies"),
        ("B.V.", "N.V."),
        ("Utrecht", "Rotterdam", "'s-Hertogenbosch"),
        ("Joost", "Anouk", "Daniël", "Fenna"),
        ("de Vries", "van den Berg", "Jansen", "Kuipers"),
        "nl-NL", "+31 20 000 ",
    ),
    Land(
        "FR", 7, ("fr", "fr", "com"),
        _trades("Énergie/energie", "Boulangerie/boulangerie", "Conseil/conseil", "Bâtiment/batiment"),
        ("SARL", "SAS", "SA"),
        ("Lyon", "Orléans", "Nîmes"),
        ("Élodie", "François", "Anaïs", "Loïc"),
        ("Lefèvre", "Dubois", "Besançon", "Noël"),
        "fr-FR", "+33 1 00 00 ",
        (("Éto", "eto"), ("Châte", "chate")),
    ),
    Land(
        "US", 13, ("com",) * 4 + ("net", "org", "io", "co"),
        _trades("Robotics/robotics", "Insurance/insurance", "Dental Group/dental", "Freight/freight", "Labs/labs"),
        ("Inc.", "LLC", "Corp."),
        ("Tulsa", "Boise", "Duluth", "El Paso"),
        ("Maria", "James", "Renée", "DeShawn", "José"),
        ("Nguyen", "Smith", "Peña", "Johansson"),
        "en-US", "+1 555 010 ",
        (("Lumi 🚀 ", "lumi"), ("Nova™ ", "nova")),
    ),
    Land(
        "MX", 3, ("mx", "com.mx", "com.mx", "com"),
        _trades("Construcción/construccion", "Alimentos/alimentos", "Logística/logistica", "Consultoría/consultoria"),
        ("S.A. de C.V.", "S. de R.L."),
        ("Monterrey", "Mérida", "León"),
        ("Ximena", "Ángel", "Sofía", "Íñigo"),
        ("Núñez", "Peña", "Márquez", "Ibáñez"),
        "es-MX", "+52 55 0000 ",
    ),
    Land(
        "CN", 2, ("cn", "com.cn", "com"),
        _trades("物流/wuliu", "食品/shipin", "科技/keji"),
        ("有限公司", "股份有限公司"),
        ("上海", "深圳", "成都"),
        ("伟", "芳", "娜"),
        ("王", "李", "赵"),
        "zh-CN", "+86 21 0000 ",
    ),
    Land(
        "RU", 2, ("ru", "ru", "com"),
        _trades("Логистика/logistika", "Строй/stroy", "Софт/soft"),
        ("ООО", "АО"),
        ("Казань", "Пермь", "Томск"),
        ("Анна", "Илья", "Юлия"),
        ("Жукова", "Щербаков", "Ёлкин"),
        "ru-RU", "+7 495 000 ",
    ),
)  # fmt: skip

TITLES = ("IT Manager", "CEO", "Satın Alma Müdürü", "Geschäftsführer", "Bilgi İşlem Sorumlusu", "CFO", "")
CONSUMER_HOSTS = (
    "gmail.com",
    "hotmail.com",
    "outlook.com",
    "yahoo.com",
    "icloud.com",
    "yandex.com",
    "gmx.de",
    "mynet.com",
)
SIZES = (
    "1to9employees", "10to50employees", "1to50employees", "51to250employees", "51to500employees", "251to1000employees",
    "1001to5000employees", "5001to10000employees", "10001to20000employees", "Morethan500employees",
    "Morethan20000employees",
)  # fmt: skip
