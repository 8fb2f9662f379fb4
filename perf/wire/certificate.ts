/**
 * A certificate for 127.0.0.1 that signs itself, and its key: public, so worth
 * nothing outside benchmarks and tests. Made by
 * `openssl req -x509 -newkey ec -nodes`.
 *
 * @module
 */

/** The certificate. */
export const CERTIFICATE_PEM = `-----BEGIN CERTIFICATE-----
MIIBozCCAUmgAwIBAgIUInocXsVBEk07NjfZcA6dP9zHeewwCgYIKoZIzj0EAwIw
GDEWMBQGA1UEAwwNZmxhZ2Ryb3AgdGVzdDAgFw0yNjExMjMxOTIzMDRaGA8yMTI2
MTAzMDE5MjMwNFowGDEWMBQGA1UEAwwNZmxhZ2Ryb3AgdGVzdDBZMBMGByqGSM49
AgEGCCqGSM49AwEHA0IABB8pRudrw97oC1zrc8SxCYnHTEKkgas0+YZ3qX2UNOrK
Al0ZVjl6WwHmG9UzlhIa+mIEv3uESHMn9D0Pm6TIL7CjbzBtMB0GA1UdDgQWBBR6
2RfivvYXU6SbmiHhx8njhW+t0TAfBgNVHSMEGDAWgBR62RfivvYXU6SbmiHhx8nj
hW+t0TAPBgNVHRMBAf8EBTADAQH/MBoGA1UdEQQTMBGHBH8AAAGCCWxvY2FsaG9z
dDAKBggqhkjOPQQDAgNIADBFAiBJ8bBEL8mG/akZP5fkVdv5ytJJ3P/nAq24RjiG
zrcJPQIhAM6906i5WlTtfHYF5/yQF3ut98NFo+/MPd9TNTzwLkie
-----END CERTIFICATE-----
`;

/** Its key. */
export const KEY_PEM = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgW5B7to2cS0W5dgmp
OJevRp8dClj7c7qIDzc79m6w6lShRANCAAQfKUbna8Pe6Atc63PEsQmJx0xCpIGr
NPmGd6l9lDTqygJdGVY5elsB5hvVM5YSGvpiBL97hEhzJ/Q9D5ukyC+w
-----END PRIVATE KEY-----
`;
