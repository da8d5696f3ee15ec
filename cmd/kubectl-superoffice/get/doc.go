// SPDX-License-Identifier: Apache-2.0

// Package get is "kubectl superoffice get": all SuperOfficeWebhooks at a glance, worth a look before anything else.
//
// It reads the resources only, so their figures are as old as the operator's last look at the receivers (half a minute);
// "status" asks the receivers themselves.
package get
