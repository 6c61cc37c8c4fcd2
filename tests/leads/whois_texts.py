"""WHOIS answers as registries write them; the firms are invented."""

from __future__ import annotations

TR = """\
** Domain Name: ornekfirma.com.tr
Domain Status: Active
Frozen Status: -
Transfer Status: The domain is LOCKED to transfer.

** Registrant:
   Ornek Firma Anonim Sirketi
   Hidden upon user request

** Registrar:
NIC Handle\t\t: abc123-metu
Organization Name\t: Örnek Kayıt Kuruluşu A.Ş.
Address\t\t\t: Bir Cad. No:1
\t\t\t  Ankara
Phone\t\t\t: + 90-212-0000000-
Fax\t\t\t: -

** Domain Servers:
ns1.ornek.example
ns2.ornek.example 192.0.2.53

** Additional Info:
Created on..............: 2007-Jan-08.
Expires on..............: 2027-Jan-07.

** Whois Server:
Last Update Time: 2026-05-04T10:00:00+03:00
"""
TR_OLD = """\
** Registrant:
   Eski Firma

** Administrative Contact:
NIC Handle: x1-metu
Organization Name: Eski Firma

** Registrar:
NIC Handle: abc123-metu
Organization Name: Ornek Kayit

** Domain Servers:
ns1.ornek.example
"""
RU = """\
% TCI Whois Service. Terms of use:
% https://tcinet.example/documents/whois_ru_rf.pdf

domain:        FIRMA.RU
nserver:       ns1.firma.ru. 192.0.2.1, 2001:db8::1
nserver:       ns2.firma.ru. 192.0.2.2
state:         REGISTERED, DELEGATED, VERIFIED
registrar:     PRIMER-RU
admin-contact: https://www.primer.example/whois
created:       1997-09-23T09:45:07Z
paid-till:     2026-09-30T21:00:00Z
free-date:     2026-11-01
source:        TCI
"""
CN = """\
Domain Name: gongsi.com.cn
ROID: 20021209s10011s00047242-cn
Domain Status: clientTransferProhibited
Registrant: 示例公司
Registrant Contact Email: x@gongsi.example
Sponsoring Registrar: 示例注册商有限公司
Name Server: ns1.gongsi.example
Name Server: ns2.gongsi.example
Registration Time: 2003-03-17 12:20:05
Expiration Time: 2027-03-17 12:48:36
DNSSEC: unsigned
"""
MX = """\

Domain Name:       empresa.mx

Created On:        2009-05-12
Expiration Date:   2027-05-11
Last Updated On:   2025-04-09
Registrar:         Registrador Ejemplo, S.A.
URL:               http://www.registrador.example/
Whois TCP URI:     whois.registrador.example

Registrant:
   Name:           Empresa
   City:           Mérida

Name Servers:
   DNS:            ns1.empresa.example
   DNS:            ns2.empresa.example

DNSSEC DS Records:

% NOTICE: The expiration date displayed in this record is the date the
% registrar's sponsorship of the domain name registration ends.
"""
UK = """\

    Domain name:
        firm.co.uk

    Data validation:
        Nominet was able to match the registrant's name and address on 10-Dec-2012

    Registrar:
        Example Names Ltd t/a Names [Tag = EXAMPLE]
        URL: https://www.names.example

    Relevant dates:
        Registered on: 26-Nov-1999
        Expiry date:  26-Nov-2027
        Last updated:  01-Nov-2025

    Name servers:
        ns1.names.example         192.0.2.1  2001:db8::1
        ns2.names.example

    WHOIS lookup made at 12:00:00 04-May-2026

--
This WHOIS information is provided for free by Nominet UK.
"""
DE = """\
% Restricted rights.
%
% The DENIC whois service on port 43 doesn't disclose any information.

Domain: firma.de
Nserver: ns1.firma.example
Nserver: ns2.firma.example 192.0.2.1
Status: connect
Changed: 2018-03-12T21:44:25+01:00
"""
BR = """\
% Copyright (c) Nic.br - Use of this data is governed by the Use and Privacy Policy.

domain:      firma.com.br
owner:       Firma Ltda
ownerid:     00.000.000/0001-00
country:     BR
nserver:     ns1.firma.com.br
nsstat:      20260502 AA
nserver:     ns2.firma.com.br
created:     19990518 #137000
changed:     20250610
expires:     20270518
status:      published

nic-hdl-br:  FIR1
person:      Firma
created:     19970101
"""
FR = """\
%%
%% This is the AFNIC Whois server.
%%

domain:                        firme.fr
status:                        ACTIVE
hold:                          NO
registrar:                     EXEMPLE
Expiry Date:                   2027-01-31T10:57:21Z
created:                       2000-06-01T22:00:00Z
last-update:                   2025-12-01T10:57:21Z
source:                        FRNIC

nserver:                       ns1.exemple.example
nserver:                       ns2.exemple.example [192.0.2.1 2001:db8::1]
source:                        FRNIC

registrar:                     EXEMPLE
address:                       2 rue Exemple
registered:                    1999-10-21T00:00:00Z
"""
COM = """\
   Domain Name: FIRM.COM
   Registry Domain ID: 1_DOMAIN_COM-VRSN
   Registrar WHOIS Server: whois.names.example
   Registrar URL: http://www.names.example
   Updated Date: 2025-08-14T07:01:44Z
   Creation Date: 1995-08-14T04:00:00Z
   Registry Expiry Date: 2027-08-13T04:00:00Z
   Registrar: Example Names, LLC
   Registrar IANA ID: 9999
   Domain Status: clientDeleteProhibited https://icann.org/epp#clientDeleteProhibited
   Name Server: NS1.FIRM.COM
   Name Server: NS2.FIRM.COM
   DNSSEC: unsigned
>>> Last update of whois database: 2026-05-04T10:00:00Z <<<

NOTICE: The expiration date displayed in this record is the date the
registrar's sponsorship of the domain name registration in the registry is
currently set to expire.
"""
JP = """\
[ JPRS database provides information on network administration. ]

Domain Information:
[Domain Name]                   KAISHA.JP

[Registrant]                    Kaisha Inc.

[Name Server]                   ns1.kaisha.example
[Name Server]                   ns2.kaisha.example
[Signing Key]

[Created on]                    2001/03/26
[Expires on]                    2027/03/31
[Status]                        Active
[Last Updated]                  2026/04/01 01:05:10 (JST)
"""
CO_JP = """\
Domain Information:
a. [Domain Name]                KAISHA.CO.JP
g. [Organization]               Kaisha Inc.
l. [Organization Type]          Corporation
p. [Name Server]                ns1.kaisha.example
[State]                         Connected (2027/03/31)
[Registered Date]               1998/05/12
"""
KR = """\
Domain Name                 : hoesa.kr
Registrant                  : Hoesa
Registered Date             : 1999. 05. 31.
Last Updated Date           : 2025. 06. 01.
Expiration Date             : 2027. 05. 31.
Publishes                   : N
Authorized Agency           : Yesi Agency(http://yesi.example)
DNSSEC                      : unsigned

Primary Name Server
   Host Name                : ns1.hoesa.example
"""
IT = """\

*********************************************************************
* Please note that the following result could be a subgroup of      *
*********************************************************************

Domain:             ditta.it
Status:             ok
Created:            1999-12-10 00:00:00
Last Update:        2026-05-07 00:56:37
Expire Date:        2027-04-21

Registrant
  Organization:     Ditta S.p.A.
  Created:          2007-03-01 10:27:08

Registrar
  Organization:     Esempio s.r.l.
  Name:             ESEMPIO-REG
  DNSSEC:           no

Nameservers
  ns1.esempio.example
  ns2.esempio.example
"""
PL = """\
DOMAIN NAME:           firma.pl
registrant type:       organization
nameservers:           ns1.firma.example. [192.0.2.1]
                       ns2.firma.example.
created:               1999.04.28 13:00:00
last modified:         2026.03.05 08:00:34
renewal date:          2027.04.27 14:00:00

no option

dnssec:                Unsigned

REGISTRAR:
Przykład Sp. z o.o.
ul. Prosta 1
+48.123

WHOIS database responses: https://dns.example/en/whois
"""
BE = """\
% .be Whois Server 6.1

Domain:\tfirma.be
Status:\tNOT AVAILABLE
Registered:\tTue Dec 12 2000

Registrant:
\tNot shown, please visit www.dnsbelgium.example for webbased whois.

Registrar:
\tName:\tVoorbeeld NV
\tWebsite:\thttps://www.voorbeeld.example

Nameservers:
\tns1.voorbeeld.example (192.0.2.1)
\tns2.voorbeeld.example

Keys:
"""
NL = """\
Domain name: firma.nl
Status:      active

Registrar:
   Voorbeeld B.V.
   Straat 1
   1000AA AMSTERDAM

Abuse Contact:
   abuse@voorbeeld.example

Creation Date: 1999-05-27

Domain nameservers:
   ns1.voorbeeld.example
   ns2.voorbeeld.example 192.0.2.1

Record maintained by: SIDN BV
"""
FI = """\
domain.............: firma.fi
status.............: Registered
created............: 1.1.1991 00:00:00
expires............: 31.8.2027 00:00:00
modified...........: 30.7.2025 07:27:48

Nameservers

nserver............: ns1.firma.example [OK]
nserver............: ns2.firma.example [OK]

Registrar

registrar..........: Esimerkki Oy
www................: www.esimerkki.example
"""
CZ = """\
%  (c) 2006-2026 CZ.NIC, z.s.p.o.

domain:       firma.cz
registrant:   FIRMA
nsset:        NSS:FIRMA
registrar:    REG-PRIKLAD
registered:   21.07.1999 00:00:00
changed:      22.10.2025 15:37:00
expire:       23.07.2027

contact:      FIRMA
created:      10.07.2001 12:00:00

nsset:        NSS:FIRMA
nserver:      ns1.firma.example
created:      02.10.2007 10:24:27
"""
HK = """\
Domain Name:  FIRM.COM.HK

Domain Status: Active

Registrar Name: Example Hong Kong Ltd

Domain Name Commencement Date: 02-11-1999
Expiry Date: 29-03-2027

Name Servers Information:

NS1.FIRM.EXAMPLE
NS2.FIRM.EXAMPLE

Status Information:
"""
TW = """\
Domain Name: firm.com.tw
   Domain Status: clientTransferProhibited
   Registrant:
      Firm Ltd
      Taipei

   Record expires on 2027-05-31 00:00:00 (UTC+8)
   Record created on 1999-05-31 00:00:00 (UTC+8)

   Domain servers in listed order:
      ns1.firm.example
      ns2.firm.example

Registration Service Provider: Example Co., Ltd.
"""
