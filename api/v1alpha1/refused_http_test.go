// SPDX-License-Identifier: Apache-2.0

package v1alpha1

// refusedHTTP are wrong in a sink that gets its events by HTTP.
var refusedHTTP = []refusal{
	{"what is not a URL", set{"spec.sinks[0].http.url", "erp.example.com"}, `spec.sinks[0].http.url: Invalid value: "erp.example.com": must be an absolute http or https URL, like https://erp.example.com/hooks`},
	{"a URL of another kind", set{"spec.sinks[0].http.url", "ftp://erp.example.com"}, "must be an absolute http or https URL"},
	{"a URL without a host", set{"spec.sinks[0].http.url", "https:///hooks"}, "must be an absolute http or https URL"},
	{"a URL with nothing but a port", set{"spec.sinks[0].http.url", "https://:8443/hooks"}, "must be an absolute http or https URL"},
	{"a URL with credentials", set{"spec.sinks[0].http.url", "https://me:pass@erp.example.com"}, "must not contain '@': credentials do not belong into a URL; use auth, or headers[].valueFrom.secretKeyRef"},
	{"a URL that is too long", set{"spec.sinks[0].http.url", "https://erp.example.com/" + text(2048)}, "spec.sinks[0].http.url: Too long: may not be more than 2048 bytes"},

	{"a header with value and source", header("{name: X-A, value: a, valueFrom: {secretKeyRef: {name: s, key: k}}}"), "spec.sinks[0].http.headers[0]: Invalid value: exactly one of value and valueFrom must be set"},
	{"a header without a value", header("{name: X-A}"), "spec.sinks[0].http.headers[0]: Invalid value: exactly one of value and valueFrom must be set"},
	{"a header without a name", header("{value: a}"), "spec.sinks[0].http.headers[0].name: Required value"},
	{"a header with an empty name", header("{name: '', value: a}"), "spec.sinks[0].http.headers[0].name in body should be at least 1 chars long"},
	{"a header with a space in its name", header("{name: X A, value: a}"), "spec.sinks[0].http.headers[0].name in body should match '^[-!#$%&'*+.^_|~0-9A-Za-z]+$'"},
	{"a header with a name that is too long", header("{name: " + text(129) + ", value: a}"), "spec.sinks[0].http.headers[0].name: Too long: may not be more than 128 bytes"},
	{"a header of the connection", header("{name: host, value: a}"), `spec.sinks[0].http.headers[0].name: Invalid value: "host": must not be a header of the connection (Host, Content-Length, Transfer-Encoding, Connection, …)`},
	{"a header with a line break", header(`{name: X-A, value: "a\nX-B: b"}`), `spec.sinks[0].http.headers[0].value: Invalid value: "a\nX-B: b": must be printable ASCII characters, without line breaks`},
	{"a header with a value that is too long", header("{name: X-A, value: " + text(4097) + "}"), "spec.sinks[0].http.headers[0].value: Too long: may not be more than 4096 bytes"},
	{"a header twice", header("{name: X-A, value: a}, {name: X-A, value: b}"), `spec.sinks[0].http.headers[1]: Duplicate value: {"name":"X-A"}`},
	{"too many headers", set{"spec.sinks[0].http.headers", list(33, "{name: X-%d, value: a}")}, "spec.sinks[0].http.headers: Too many: 33: must have at most 32 items"},

	{"no way to show who we are", auth("{}"), "spec.sinks[0].http.auth: Invalid value: exactly one of bearer, basic and oauth2ClientCredentials must be set"},
	{"two ways to show who we are", auth("{basic: " + user + ", bearer: " + source + "}"), "spec.sinks[0].http.auth: Invalid value: exactly one of bearer, basic and oauth2ClientCredentials must be set"},
	{"all ways to show who we are", auth("{basic: " + user + ", bearer: " + source + ", oauth2ClientCredentials: {tokenURL: https://a.example.com, clientID: erp, clientSecret: " + source + "}}"), "spec.sinks[0].http.auth: Invalid value: exactly one of bearer"},
	{"a token that is no secret", auth("{bearer: a token}"), `spec.sinks[0].http.auth.bearer in body must be of type object: "string"`},
	{"a user name that ends too early", auth("{basic: {username: 'a:b', password: " + source + "}}"), "spec.sinks[0].http.auth.basic: Invalid value: username must not contain ':', which is where the password begins"},

	{"nothing that asks for tokens", auth("{oauth2ClientCredentials: {}}"), "oauth2ClientCredentials.clientID: Required value, spec.sinks[0].http.auth.oauth2ClientCredentials.clientSecret: Required value, spec.sinks[0].http.auth.oauth2ClientCredentials.tokenURL: Required value"},
	{"tokens from what is not a URL", oauth2("tokenURL", "login.example.com"), `spec.sinks[0].http.auth.oauth2ClientCredentials.tokenURL: Invalid value: "login.example.com": must be an absolute http or https URL without credentials, like https://login.example.com/oauth2/token`},
	{"tokens from a URL of another kind", oauth2("tokenURL", "ldaps://login.example.com"), "tokenURL: Invalid value: \"ldaps://login.example.com\": must be an absolute http or https URL without credentials"},
	{"tokens from a URL without a host", oauth2("tokenURL", "https:///oauth2/token"), "must be an absolute http or https URL without credentials"},
	{"tokens from a URL with credentials", oauth2("tokenURL", "https://me:pass@login.example.com"), "must be an absolute http or https URL without credentials"},
	{"tokens from a URL that is too long", oauth2("tokenURL", "https://login.example.com/"+text(2048)), "spec.sinks[0].http.auth.oauth2ClientCredentials.tokenURL: Too long: may not be more than 2048 bytes"},
	{"tokens for nobody", oauth2("clientID", "''"), "spec.sinks[0].http.auth.oauth2ClientCredentials.clientID in body should be at least 1 chars long"},
	{"tokens for somebody with too long a name", oauth2("clientID", text(257)), "spec.sinks[0].http.auth.oauth2ClientCredentials.clientID: Too long: may not be more than 256 bytes"},
	{"tokens for a scope without a name", oauth2("scopes", "['']"), "spec.sinks[0].http.auth.oauth2ClientCredentials.scopes[0] in body should be at least 1 chars long"},
	{"tokens for a scope with too long a name", oauth2("scopes", "["+text(257)+"]"), "spec.sinks[0].http.auth.oauth2ClientCredentials.scopes[0]: Too long: may not be more than 256 bytes"},
	{"tokens for a scope twice", oauth2("scopes", "[erp.write, erp.write]"), `spec.sinks[0].http.auth.oauth2ClientCredentials.scopes[1]: Duplicate value: "erp.write"`},
	{"tokens for too many scopes", oauth2("scopes", list(17, "scope%d")), "spec.sinks[0].http.auth.oauth2ClientCredentials.scopes: Too many: 17: must have at most 16 items"},
	{"tokens for an audience with too long a name", oauth2("audience", text(2049)), "spec.sinks[0].http.auth.oauth2ClientCredentials.audience: Too long: may not be more than 2048 bytes"},

	{"signatures without keys", signing("{}"), "spec.sinks[0].http.signing.keys: Required value"},
	{"signatures by no key", signing("{keys: []}"), "spec.sinks[0].http.signing.keys in body should have at least 1 items"},
	{"signatures by a key that is null", signing("{keys: [null]}"), "spec.sinks[0].http.signing.keys[0] in body must be of type object"},
	{"signatures by too many keys", signing("{keys: " + list(5, "{secretKeyRef: {name: erp, key: k%d}}") + "}"), "spec.sinks[0].http.signing.keys: Too many: 5: must have at most 4 items"},

	{"trust in nobody that is named", set{"spec.sinks[0].http.tls.caRef", "{}"}, "spec.sinks[0].http.tls.caRef.key: Required value, spec.sinks[0].http.tls.caRef.name: Required value"},
	{"trust in everybody", set{"spec.sinks[0].http.tls.insecureSkipVerify", "true"}, `unknown field "spec.sinks[0].http.tls.insecureSkipVerify"`},
}

func header(items string) set { return set{"spec.sinks[0].http.headers", "[" + items + "]"} }

func auth(value string) set { return set{"spec.sinks[0].http.auth", value} }

// oauth2 are client credentials with one field changed.
func oauth2(field, value string) set {
	credentials := fields{"tokenURL": "https://login.example.com", "clientID": "erp", "clientSecret": source}
	credentials[field] = value
	return auth("{oauth2ClientCredentials: " + credentials.String() + "}")
}

func signing(value string) set { return set{"spec.sinks[0].http.signing", value} }
