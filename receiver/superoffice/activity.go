// SPDX-License-Identifier: Apache-2.0

package superoffice

import (
	"encoding/json"
	"fmt"
	"strconv"
)

// Activity is the typed form of an activity event's FieldValues: the 18 columns of
// https://docs.superoffice.com/en/automation/webhook/reference/activity-events.html, with the meaning they have in
// https://docs.superoffice.com/en/database/tables/appointment.html. A nil field was not sent.
type Activity struct {
	ActiveDate  *Time           // activeDate: the date used for search and display
	DoBy        *Time           // do_by: planned start
	EndDate     *Time           // endDate: planned end
	Updated     *Time           // updated: last update, not set on created
	AssociateID *int64          // associate_id: whose diary it is in
	ContactID   *int64          // contact_id: the company, 0 for none
	PersonID    *int64          // person_id: the contact person, 0 for none
	ProjectID   *int64          // project_id: 0 for none
	SaleID      *int64          // sale_id: 0 for none
	DocumentID  *int64          // document_id: 0 for what is no document
	MotherID    *int64          // mother_id: 0 normal, own key for a booking's master, else the master's key
	UserdefID   *int64          // userdef_id: row of user-defined fields, not a value
	Userdef2ID  *int64          // userdef2_id: row of user-defined fields, not a value
	TaskIndex   *int64          // task_idx: the task type, or for documents the template
	Modified    *int64          // modified_appointment_fields: bit field of what changed (date, time, location)
	Private     *Visibility     // private
	Status      *ActivityStatus // status
	Type        *ActivityType   // type
}

// Activity reads the typed field values. Columns that are not among the 18 are left to FieldValues. The error names the
// column that has the wrong type; what could be read is returned beside it.
func (e *Event) Activity() (Activity, error) {
	var a Activity
	f := fields{values: e.FieldValues}
	for column, into := range map[string]**Time{
		"activeDate": &a.ActiveDate, "do_by": &a.DoBy, "endDate": &a.EndDate, "updated": &a.Updated,
	} {
		f.date(column, into)
	}
	for column, into := range map[string]**int64{
		"associate_id": &a.AssociateID, "contact_id": &a.ContactID, "person_id": &a.PersonID,
		"project_id": &a.ProjectID, "sale_id": &a.SaleID, "document_id": &a.DocumentID, "mother_id": &a.MotherID,
		"userdef_id": &a.UserdefID, "userdef2_id": &a.Userdef2ID, "task_idx": &a.TaskIndex,
		"modified_appointment_fields": &a.Modified,
	} {
		integer(&f, column, into)
	}
	integer(&f, "private", &a.Private)
	integer(&f, "status", &a.Status)
	integer(&f, "type", &a.Type)
	return a, f.err
}

// fields reads columns and remembers the first, by name, that is wrong.
type fields struct {
	values map[string]json.RawMessage
	wrong  string
	err    error
}

func (f *fields) fail(column, wanted string) {
	if f.err == nil || column < f.wrong {
		f.wrong, f.err = column, fmt.Errorf("the field value %q must be %s", column, wanted)
	}
}

func (f *fields) date(column string, into **Time) {
	value, ok := f.values[column]
	if !ok || string(value) == "null" {
		return
	}
	var text string
	if json.Unmarshal(value, &text) != nil {
		f.fail(column, "a date")
		return
	}
	t, err := ParseTime(text)
	if err != nil {
		f.fail(column, "a date")
		return
	}
	*into = &t
}

func integer[T ~int64](f *fields, column string, into **T) {
	value, ok := f.values[column]
	if !ok || string(value) == "null" {
		return
	}
	n, err := strconv.ParseInt(string(value), 10, 64)
	if err != nil {
		f.fail(column, "a whole number")
		return
	}
	typed := T(n)
	*into = &typed
}

// Visibility says who may see an activity (https://docs.superoffice.com/en/database/tables/enums/appointmentprivate.html).
type Visibility int64

// ActivityStatus is the state of an activity
// (https://docs.superoffice.com/en/database/tables/enums/appointmentstatus.html).
type ActivityStatus int64

// ActivityType is the kind of an activity (https://docs.superoffice.com/en/database/tables/enums/appointmenttype.html).
type ActivityType int64

var (
	visibilities   = []string{"Public", "PrivateUser", "PrivateGroup"}
	activityStates = []string{
		"UnknownOrPostIt", "NotStarted", "Started", "Completed", "Hidden", "Booking", "BookingMoved", "BookingSeen",
		"BookingMovedSeen", "BookingDeclined", "BookingDeleted", "Assignment", "AssignmentSeen", "AssignmentDeclined",
	}
	activityTypes = []string{
		"Unknown", "InDiary", "InChecklist", "Note", "Document", "SavedReport", "BookingForDiary",
		"BookingForChecklist", "MergeDraft", "MergeFinal",
	}
)

// String returns the documented name, or the number where there is none.
func (v Visibility) String() string { return nameOf(visibilities, int64(v)) }

// String returns the documented name, or the number where there is none.
func (s ActivityStatus) String() string { return nameOf(activityStates, int64(s)) }

// String returns the documented name, or the number where there is none.
func (t ActivityType) String() string { return nameOf(activityTypes, int64(t)) }

func nameOf(names []string, n int64) string {
	if n < 0 || n >= int64(len(names)) {
		return strconv.FormatInt(n, 10)
	}
	return names[n]
}
