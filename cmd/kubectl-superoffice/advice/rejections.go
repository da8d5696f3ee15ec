// SPDX-License-Identifier: Apache-2.0

package advice

// rejections are by the reasons of intake, which package intake names; it is not imported because that would make the
// plugin link a queue and a web server.
var rejections = map[string]string{
	"SignatureMissing":   "If SuperOffice sent it, its webhook has no secret: enter it there, in the field \"Secret\". Else a stranger knocks, who was refused.",
	"SignatureMalformed": "Something on the way changed the header X-SuperOffice-Signature, or the sender is not SuperOffice.",
	"SignatureMismatch":  "The secret in SuperOffice and the one in the Secret differ, or something on the way changes the body. `kubectl superoffice doctor NAME -n NAMESPACE` looks at the Secret; `kubectl superoffice verify NAME -n NAMESPACE -f BODY --signature …` says why a captured request does not verify.",
	"BodyTooLarge":       "Events have a few KiB: find out who sends this.",
	"BodyCompressed":     "Something on the way compresses requests: turn it off, for the signature covers the bytes as SuperOffice sent them.",
	"BodyIncomplete":     "A bad line, or a time limit of a proxy on the way that is shorter than the request.",
	"MethodNotAllowed":   "Not SuperOffice, which only posts. A browser or a monitor that looks whether somebody is there: have it ask another path.",
	"PathUnknown":        "Compare the URL in SuperOffice with spec.exposure.path. Nothing on the way may add a slash or rewrite the path.",
	"TooManyAtOnce":      "More requests at once than one webhook of a pool may have, while others have theirs: find out who sends this. Give a webhook with so much to do a receiver of its own.",
	"TooMuchAtOnce":      "Too many bodies of more than 16 KiB at once, far above what SuperOffice sends: find out who sends this. Events are not held up by it.",
	"ConfigurationOlder": "Nothing to do: another pod has ended, with a changed configuration that kubelet had not brought to this one yet. It asks again, for up to a minute.",
	"QueueFull":          "Sinks are behind and the queue is full, so SuperOffice is told 503 and disables the webhook soon. Mend the sinks, or give spec.queue more room, at once.",
	"QueueFailed":        "The queue cannot write to its disk, so SuperOffice is told 503 and disables the webhook soon. The receiver's log says why: a full or broken disk.",
	"InternalError":      "A bug: the receiver's log has it. Please report it.",
}
