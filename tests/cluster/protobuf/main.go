// Command protobuf prints the table of messages by which the demo server reads bodies in Kubernetes' protobuf form: what the Go types of the
// API say about their fields, numbers and forms, for the kinds that the demo server takes and what they reach.
//
//	go run ./protobuf > ../../src/demo/protobuf/messages.txt
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"reflect"
	"sort"
	"strings"

	apps "k8s.io/api/apps/v1"
	authentication "k8s.io/api/authentication/v1"
	authorization "k8s.io/api/authorization/v1"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	autoscaling "k8s.io/api/autoscaling/v2"
	batch "k8s.io/api/batch/v1"
	coordination "k8s.io/api/coordination/v1"
	core "k8s.io/api/core/v1"
	discovery "k8s.io/api/discovery/v1"
	networking "k8s.io/api/networking/v1"
	policy "k8s.io/api/policy/v1"
	rbac "k8s.io/api/rbac/v1"
	scheduling "k8s.io/api/scheduling/v1"
	storage "k8s.io/api/storage/v1"
	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
)

const head = `# The messages of Kubernetes' protobuf form, for src/demo/protobuf; made by "go run ./protobuf" in tests/cluster. Do not edit.
# From the Go types of k8s.io/api, k8s.io/apimachinery and k8s.io/apiextensions-apiserver v0.36, The Kubernetes Authors, Apache License 2.0.
#
# "= V" begins the messages of an API version; a type with a dot in it is one of another version. "+M" is a kind, "|M" in JSON the one of its
# fields that is set. A field is name:number:type, without a name where JSON has its fields in those of the message. Before a type: "*"
# where unset and zero differ, "[]" a list, "{}" a map with texts as keys; after it: "?" where JSON leaves zero out.
`

var packages = map[string]string{}

// What has a form of its own in JSON: a word that the reader knows, or a message that is one of its fields.
var special = map[reflect.Type]string{
	reflect.TypeFor[meta.Time]():         "time",
	reflect.TypeFor[meta.MicroTime]():    "microtime",
	reflect.TypeFor[resource.Quantity](): "quantity",
}
var either = map[reflect.Type]string{
	reflect.TypeFor[runtime.RawExtension]():                       ":1:json",
	reflect.TypeFor[meta.FieldsV1]():                              ":1:json",
	reflect.TypeFor[apiextensions.JSON]():                         ":1:json",
	reflect.TypeFor[intstr.IntOrString]():                         ":2:int :3:string",
	reflect.TypeFor[authentication.ExtraValue]():                  ":1:[]string",
	reflect.TypeFor[authorization.ExtraValue]():                   ":1:[]string",
	reflect.TypeFor[apiextensions.JSONSchemaPropsOrBool]():        ":1:bool :2:*JSONSchemaProps",
	reflect.TypeFor[apiextensions.JSONSchemaPropsOrArray]():       ":1:*JSONSchemaProps :2:[]JSONSchemaProps",
	reflect.TypeFor[apiextensions.JSONSchemaPropsOrStringArray](): ":1:*JSONSchemaProps :2:[]string",
}

var words = map[reflect.Kind]string{
	reflect.String: "string", reflect.Bool: "bool", reflect.Float64: "float",
	reflect.Int: "int", reflect.Int32: "int", reflect.Int64: "int", reflect.Uint8: "int",
}

var lines = map[string]map[string]string{}

func main() {
	parts := []struct {
		version string
		kinds   []any
	}{
		{"v1", []any{core.Namespace{}, core.Node{}, core.Pod{}, core.Event{}, core.ConfigMap{}, core.Secret{}, core.Service{}, core.Endpoints{},
			core.ServiceAccount{}, core.PersistentVolumeClaim{}, core.PersistentVolume{}, core.ResourceQuota{}, core.LimitRange{},
			core.ReplicationController{}, core.Binding{}}},
		{"apps/v1", []any{apps.Deployment{}, apps.ReplicaSet{}, apps.StatefulSet{}, apps.DaemonSet{}, apps.ControllerRevision{}}},
		{"batch/v1", []any{batch.Job{}, batch.CronJob{}}},
		{"autoscaling/v1", []any{autoscalingv1.Scale{}, autoscalingv1.HorizontalPodAutoscaler{}}},
		{"autoscaling/v2", []any{autoscaling.HorizontalPodAutoscaler{}}},
		{"policy/v1", []any{policy.PodDisruptionBudget{}, policy.Eviction{}}},
		{"networking.k8s.io/v1", []any{networking.Ingress{}, networking.IngressClass{}, networking.NetworkPolicy{}}},
		{"discovery.k8s.io/v1", []any{discovery.EndpointSlice{}}},
		{"storage.k8s.io/v1", []any{storage.StorageClass{}}},
		{"scheduling.k8s.io/v1", []any{scheduling.PriorityClass{}}},
		{"coordination.k8s.io/v1", []any{coordination.Lease{}}},
		{"rbac.authorization.k8s.io/v1", []any{rbac.Role{}, rbac.RoleBinding{}, rbac.ClusterRole{}, rbac.ClusterRoleBinding{}}},
		{"authentication.k8s.io/v1", []any{authentication.TokenRequest{}, authentication.TokenReview{}, authentication.SelfSubjectReview{}}},
		{"authorization.k8s.io/v1", []any{authorization.SubjectAccessReview{}, authorization.LocalSubjectAccessReview{},
			authorization.SelfSubjectAccessReview{}, authorization.SelfSubjectRulesReview{}}},
		{"apiextensions.k8s.io/v1", []any{apiextensions.CustomResourceDefinition{}}},
		{"meta.k8s.io/v1", []any{meta.DeleteOptions{}}},
		{"runtime", []any{runtime.RawExtension{}}},
		{"intstr", []any{intstr.IntOrString{}}},
	}
	for _, part := range parts {
		packages[reflect.TypeOf(part.kinds[0]).PkgPath()] = part.version
	}
	for _, part := range parts {
		for _, kind := range part.kinds {
			message(reflect.TypeOf(kind))
		}
	}
	fmt.Print(head)
	for _, version := range sorted(lines) {
		fmt.Println("=", version)
		for _, name := range sorted(lines[version]) {
			fmt.Println(lines[version][name])
		}
	}
}

func message(t reflect.Type) {
	version := packages[t.PkgPath()]
	if version == "" {
		log.Fatalf("%v: no API version is named for its package", t)
	}
	if lines[version] == nil {
		lines[version] = map[string]string{}
	}
	if _, known := lines[version][t.Name()]; known {
		return
	}
	if fields, ok := either[t]; ok {
		lines[version][t.Name()] = "|" + t.Name() + " " + fields
		if t.Kind() == reflect.Struct && t.PkgPath() == reflect.TypeFor[apiextensions.JSON]().PkgPath() && t.Name() != "JSON" {
			message(reflect.TypeFor[apiextensions.JSONSchemaProps]())
		}
		return
	}
	if t.Kind() != reflect.Struct || reflect.PointerTo(t).Implements(reflect.TypeFor[json.Marshaler]()) {
		log.Fatalf("%v has a JSON form of its own", t)
	}
	lines[version][t.Name()] = "" // it may reach itself
	line := t.Name()
	for i := range t.NumField() {
		field := t.Field(i)
		if field.Type == reflect.TypeFor[meta.TypeMeta]() {
			line = "+" + line
			continue
		}
		tag := strings.Split(field.Tag.Get("protobuf"), ",")
		name := strings.Split(field.Tag.Get("json"), ",")
		if len(tag) < 2 {
			log.Fatalf("%v.%s has no number", t, field.Name)
		}
		line += fmt.Sprintf(" %s:%s:%s", name[0], tag[1], form(t, field.Type, name[1:]))
	}
	lines[version][t.Name()] = line
}

func form(in, t reflect.Type, options []string) string {
	if _, ok := either[t]; ok {
		return base(in, t)
	}
	switch t.Kind() {
	case reflect.Pointer:
		return "*" + base(in, t.Elem())
	case reflect.Map:
		if t.Key().Kind() != reflect.String {
			log.Fatalf("%v has a map with other keys", in)
		}
		return "{}" + base(in, t.Elem())
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return base(in, t)
		}
		return "[]" + base(in, t.Elem())
	case reflect.Struct:
		if strings.Contains(strings.Join(options, " "), "omitzero") && special[t] == "" {
			log.Fatalf("%v: omitzero of a message is not known", in)
		}
		return base(in, t)
	default:
		if len(options) > 0 {
			return base(in, t) + "?"
		}
		return base(in, t)
	}
}

func base(in, t reflect.Type) string {
	if word := special[t]; word != "" {
		return word
	}
	if t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8 {
		return "bytes"
	}
	if word := words[t.Kind()]; word != "" {
		return word
	}
	message(t)
	if packages[in.PkgPath()] == packages[t.PkgPath()] {
		return t.Name()
	}
	return packages[t.PkgPath()] + "." + t.Name()
}

func sorted[V any](all map[string]V) []string {
	keys := []string{}
	for key := range all {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	return keys
}
