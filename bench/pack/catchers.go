package main

// catchers says which rule's file should see each attack that the generator lays.
var catchers = map[string]string{
	"a1": "cross-stream/spray-across-streams", "a2": "cross-stream/slow-distributed-guessing", "a3": "cross-stream/failures-then-background-success",
	"a4": "cross-stream/mfa-refused-session-elsewhere", "a5": "cross-stream/disabled-account-knocking", "a6": "cross-stream/background-country-never-in-front",
	"a7": "cross-stream/session-split", "a8": "cross-stream/impossible-travel-between-streams", "a9": "cross-stream/family-token-fan-out",
	"a10": "cross-stream/admin-client-first-use-in-background", "a11": "cross-stream/blocked-in-front-admitted-behind", "a13": "cross-stream/token-alive-after-reset",
	"a14": "cross-stream/device-code-redeemed-elsewhere",
	"b1":  "background/single-factor-spray", "b2": "background/seamless-sso-burst", "b3": "background/runaway-client", "b4": "background/background-only-account",
	"b5": "background/legacy-protocol-success", "b7": "background/primary-refresh-token-stranger", "b8": "background/tool-agent-in-background",
	"b9": "background/revoked-token-replayed",
	"c1": "applications/dormant-application-awake", "c2": "applications/fresh-credential-first-use", "c3": "applications/application-from-new-network",
	"c4": "applications/new-sensitive-resource", "c5": "applications/secret-guessed-then-success", "c6": "applications/expired-secret-from-stranger",
	"c7": "applications/one-address-many-applications", "c10": "applications/federated-credential-first-use",
	"d1": "managed-identities/new-sensitive-resource", "d2": "managed-identities/token-request-surge", "d3": "managed-identities/dormant-identity-awake",
	"e3": "federation/federation-trust-changed-then-used",
	"f1": "health/stream-silent", "f2": "health/stream-late", "f4": "health/column-emptied",
}
