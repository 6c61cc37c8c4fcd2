"""Mail filters that stand in front of mailboxes: the provider behind them can't be seen in the MX host.

Common knowledge of operators rather than a published list (contract 8.7), so it carries its date.
"""

from __future__ import annotations

from collections.abc import Mapping

GATEWAYS_AS_OF = "2026-05-04"

GATEWAYS: Mapping[str, tuple[str, ...]] = {
    "Proofpoint": ("pphosted.com", "gpphosted.com"),
    "Proofpoint Essentials": ("ppe-hosted.com",),
    "Mimecast": ("mimecast.com", "mimecast.co.za", "mimecast-offshore.com"),
    "Barracuda": ("barracudanetworks.com", "barracuda.com"),
    "Trend Micro": (
        "tmes.trendmicro.com",
        "tmes.trendmicro.eu",
        "hes.trendmicro.com",
        "hes.trendmicro.eu",
        "tmems-jp.trendmicro.com",
    ),
    "Cisco Secure Email": ("iphmx.com",),
    "Sophos": ("hydra.sophos.com", "reflexion.net"),
    "FortiMail": ("fortimailcloud.com", "fortimail.com"),
    "Hornetsecurity": ("hornetsecurity.com", "antispameurope.com"),
    "Vade": ("vadesecure.com", "vade-retro.com"),
    "Symantec Email Security": ("messagelabs.com", "symanteccloud.com"),
    "Forcepoint": ("mailcontrol.com",),
    "Trellix": ("fireeyecloud.com",),
    "McAfee": ("mxlogic.net", "mcafeesecure.com"),
    "SpamExperts": ("antispamcloud.com", "spamexperts.com", "spamexperts.eu", "spamexperts.net"),
    "SpamHero": ("spamhero.com", "mxthunder.com", "mxthunder.net"),
    "AppRiver": ("arsmtp.com",),
    "Retarus": ("retarus.com", "retarus.de"),
    "Cloudflare Area 1": ("mxrecord.io", "mxrecord.mx"),
    "Securence": ("securence.com",),
    "NoSpamProxy": ("cloud.nospamproxy.com",),
    "SiteGround": ("mailspamprotection.com",),
}
