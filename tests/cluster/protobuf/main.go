// Command protobuf prints how objects that clients send in protobuf are read as JSON: a line for each message, its fields after its name.
// It asks the Go types of the API, whose tags have both names.
//
//	go run ./protobuf > ../../src/demo/protobuf.txt
//
// A field is NAME=NUMBER, then `*` where it is repeated or `%` where it is a map from strings, then its type, then `?` where JSON leaves
// out what is zero. Types: s string, i integer, b boolean, y bytes, q quantity, x integer or string, t time, u time with microseconds,
// l strings in a message, r JSON; any other is the name of a message. A field without a name has its own fields where it stands.
package main

import (
	"fmt"
	"log"
	"reflect"
	"sort"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/client-go/kubernetes/scheme"
)

// What a demo server serves.
var kinds = map[string]string{
	"v1": "Binding ConfigMap Endpoints Event LimitRange Namespace Node PersistentVolume PersistentVolumeClaim Pod ReplicationController " +
		"ResourceQuota Secret Service ServiceAccount DeleteOptions",
	"apps/v1":                      "ControllerRevision DaemonSet Deployment ReplicaSet StatefulSet",
	"authentication.k8s.io/v1":     "SelfSubjectReview TokenRequest TokenReview",
	"authorization.k8s.io/v1":      "LocalSubjectAccessReview SelfSubjectAccessReview SelfSubjectRulesReview SubjectAccessReview",
	"autoscaling/v1":               "Scale HorizontalPodAutoscaler",
	"autoscaling/v2":               "HorizontalPodAutoscaler",
	"batch/v1":                     "CronJob Job",
	"coordination.k8s.io/v1":       "Lease",
	"discovery.k8s.io/v1":          "EndpointSlice",
	"events.k8s.io/v1":             "Event",
	"networking.k8s.io/v1":         "Ingress IngressClass NetworkPolicy",
	"policy/v1":                    "Eviction PodDisruptionBudget",
	"rbac.authorization.k8s.io/v1": "ClusterRole ClusterRoleBinding Role RoleBinding",
	"scheduling.k8s.io/v1":         "PriorityClass",
	"storage.k8s.io/v1":            "StorageClass",
}

var lines = map[string]string{}

func main() {
	for version, names := range kinds {
		group, err := schema.ParseGroupVersion(version)
		check(err)
		for _, name := range strings.Fields(names) {
			object, err := scheme.Scheme.New(group.WithKind(name))
			check(err)
			message(reflect.TypeOf(object).Elem(), version+"."+name)
		}
	}
	var out []string
	for _, line := range lines {
		out = append(out, line)
	}
	sort.Strings(out)
	fmt.Println(strings.Join(out, "\n"))
}

// message notes the fields of a type and returns what it is called.
func message(of reflect.Type, name string) string {
	if name == "" {
		path := strings.Split(of.PkgPath(), "/")
		name = strings.Join(path[len(path)-2:], "/") + "." + of.Name()
	}
	if _, known := lines[name]; known {
		return name
	}
	lines[name] = ""
	line := name
	for i := range of.NumField() {
		line += field(of.Field(i))
	}
	lines[name] = line
	return name
}

func field(of reflect.StructField) string {
	parts := strings.Split(of.Tag.Get("protobuf"), ",")
	if len(parts) < 2 {
		return "" // the type, which stands beside the object
	}
	name, options, _ := strings.Cut(of.Tag.Get("json"), ",")
	if name == "-" {
		return ""
	}
	zero := ""
	switch of.Type.Kind() {
	case reflect.String, reflect.Bool, reflect.Int32, reflect.Int64:
		if strings.Contains(options, "omitempty") {
			zero = "?"
		}
	}
	return " " + name + "=" + parts[1] + form(of.Type) + zero
}

// form is how values of a type are written.
func form(of reflect.Type) string {
	switch of {
	case reflect.TypeOf(resource.Quantity{}):
		return "q"
	case reflect.TypeOf(intstr.IntOrString{}):
		return "x"
	case reflect.TypeOf(metav1.Time{}):
		return "t"
	case reflect.TypeOf(metav1.MicroTime{}):
		return "u"
	case reflect.TypeOf(metav1.FieldsV1{}), reflect.TypeOf(runtime.RawExtension{}):
		return "r"
	}
	switch of.Kind() {
	case reflect.Pointer:
		return form(of.Elem())
	case reflect.String:
		return "s"
	case reflect.Bool:
		return "b"
	case reflect.Int32, reflect.Int64:
		return "i"
	case reflect.Map:
		return "%" + form(of.Elem())
	case reflect.Slice:
		if of.Elem().Kind() == reflect.Uint8 {
			return "y"
		}
		if of.Name() != "" {
			return "l" // a named list is a message of its own
		}
		return "*" + form(of.Elem())
	case reflect.Struct:
		return message(of, "")
	}
	log.Fatalf("no way to write %v", of)
	return ""
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
