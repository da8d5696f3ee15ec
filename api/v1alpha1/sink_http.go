// SPDX-License-Identifier: Apache-2.0

package v1alpha1

// HTTPSink is an HTTP endpoint. Any 2xx answer is success; 408, 425, 429, 5xx
// and network errors are tried again; every other answer makes the event a
// dead letter. Redirects are not followed.
//
// +kubebuilder:validation:XValidation:rule="has(self.url) != has(self.ref)",message="exactly one of url and ref must be set"
type HTTPSink struct {
	// url to post to, for example https://erp.example.com/hooks/superoffice.
	// +optional
	// +kubebuilder:validation:MaxLength=2048
	// +kubebuilder:validation:XValidation:rule="isURL(self) && url(self).getScheme() in ['http','https'] && url(self).getHostname() != ''",message="must be an absolute http or https URL, like https://erp.example.com/hooks"
	// +kubebuilder:validation:XValidation:rule="!self.contains('@')",message="must not contain '@': credentials do not belong into a URL; use auth, or headers[].valueFrom.secretKeyRef"
	URL string `json:"url,omitempty"`

	// ref names what to post to: a Service or another addressable object of the
	// resource's namespace. It is followed when its address changes.
	// +optional
	Ref *TargetReference `json:"ref,omitempty"`

	// headers are added to each request and win over those of the event.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=32
	Headers []Header `json:"headers,omitempty"`

	// auth shows the endpoint who we are. It wins over headers. Default: nothing
	// but what headers say.
	// +optional
	Auth *HTTPAuth `json:"auth,omitempty"`

	// signing signs each request for the endpoint as Standard Webhooks says
	// (https://www.standardwebhooks.com), with the headers webhook-id,
	// webhook-timestamp and webhook-signature. Default: not signed.
	// +optional
	Signing *Signing `json:"signing,omitempty"`

	// tls says whom to trust and shows a client certificate, to the endpoint and
	// to the tokenURL of auth. Default: the authorities of the receiver's image,
	// and no client certificate.
	// +optional
	TLS *TLS `json:"tls,omitempty"`

	// timeout of one attempt, from connecting to the end of the answer, as a
	// duration like "10s". Default 10s.
	// +optional
	// +kubebuilder:default="10s"
	Timeout Timeout `json:"timeout,omitempty"`
}

// Header is one HTTP header: its value given here or taken from a Secret.
//
// +kubebuilder:validation:XValidation:rule="has(self.value) != has(self.valueFrom)",message="exactly one of value and valueFrom must be set"
type Header struct {
	// name of the header. Headers that belong to the connection or to the body
	// (Host, Content-Length, …) are refused.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	// +kubebuilder:validation:Pattern=`^[-!#$%&'*+.^_|~0-9A-Za-z]+$`
	// +kubebuilder:validation:XValidation:rule="!(self.lowerAscii() in ['host','content-length','transfer-encoding','connection','keep-alive','upgrade','te','trailer','proxy-connection'])",message="must not be a header of the connection (Host, Content-Length, Transfer-Encoding, Connection, …)"
	Name string `json:"name"`
	// value of the header, for what is no secret.
	// +optional
	// +kubebuilder:validation:MaxLength=4096
	// +kubebuilder:validation:Pattern=`^[\t\x20-\x7e]*$`
	// +kubebuilder:validation:XValidation:rule="self.matches('^[\\t\\x20-\\x7e]*$')",message="must be printable ASCII characters, without line breaks"
	Value *string `json:"value,omitempty"`
	// valueFrom takes the value from a Secret of the same namespace. A changed
	// value is taken over in place.
	// +optional
	ValueFrom *SecretSource `json:"valueFrom,omitempty"`
}

// HTTPAuth is how to show an HTTP endpoint who we are.
//
// +kubebuilder:validation:XValidation:rule="[has(self.bearer), has(self.basic), has(self.oauth2ClientCredentials)].filter(set, set).size() == 1",message="exactly one of bearer, basic and oauth2ClientCredentials must be set"
type HTTPAuth struct {
	// bearer sends a token as it is (RFC 6750).
	// +optional
	Bearer *SecretSource `json:"bearer,omitempty"`
	// basic sends a user name and a password (RFC 7617).
	// +optional
	// +kubebuilder:validation:XValidation:rule="!self.username.contains(':')",message="username must not contain ':', which is where the password begins"
	Basic *UserPassword `json:"basic,omitempty"`
	// oauth2ClientCredentials gets a token by OAuth 2.0 client credentials (RFC
	// 6749, section 4.4). It is used until it expires or the endpoint answers 401.
	// +optional
	OAuth2ClientCredentials *OAuth2ClientCredentials `json:"oauth2ClientCredentials,omitempty"`
}

// UserPassword is a user name with a password.
type UserPassword struct {
	// username is the name of the user, like superoffice.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	Username string `json:"username"`
	// password of the user.
	// +required
	Password SecretSource `json:"password"`
}

// OAuth2ClientCredentials asks an authorization server for a token.
type OAuth2ClientCredentials struct {
	// tokenURL is the token endpoint, for example
	// https://login.example.com/oauth2/token.
	// +required
	// +kubebuilder:validation:MaxLength=2048
	// +kubebuilder:validation:XValidation:rule="isURL(self) && url(self).getScheme() in ['http','https'] && url(self).getHostname() != '' && !self.contains('@')",message="must be an absolute http or https URL without credentials, like https://login.example.com/oauth2/token"
	TokenURL string `json:"tokenURL"`
	// clientID is the name by which the authorization server knows us, like
	// superoffice-webhook.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	ClientID string `json:"clientID"`
	// clientSecret is the password that goes with it.
	// +required
	ClientSecret SecretSource `json:"clientSecret"`
	// scopes that are asked for, like erp.write. Default: the server's own.
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=16
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=256
	Scopes []string `json:"scopes,omitempty"`
	// audience that is asked for, like https://erp.example.com, where the server
	// wants one. Default: none.
	// +optional
	// +kubebuilder:validation:MaxLength=2048
	Audience string `json:"audience,omitempty"`
}

// Signing signs requests for their receiver.
type Signing struct {
	// keys sign each request, all of them: an endpoint accepts it when one of the
	// signatures is by the key that it knows, so that a new key can stand beside
	// the old one while the endpoint changes over. Each is the key in base64, with
	// or without whsec_ in front.
	// +required
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=4
	Keys []SecretSource `json:"keys"`
}
