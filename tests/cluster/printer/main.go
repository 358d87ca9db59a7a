// Command printer prints what kubectl would show of the objects in a List (JSON on standard input): the columns and cells of the API
// server's own printer, wide, as JSON. Every instant in the input is moved so that the one named by the first argument is now: ages come
// out as they were then.
//
//	go run ./printer 2026-11-23T12:00:00Z < ../fixtures/pods.json > ../fixtures/pods.table.json
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"os"
	"regexp"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/duration"
	"k8s.io/kube-aggregator/pkg/apis/apiregistration"
	aggregator "k8s.io/kube-aggregator/pkg/apis/apiregistration/install"
	apiservices "k8s.io/kube-aggregator/pkg/registry/apiservice/etcd"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	_ "k8s.io/kubernetes/pkg/apis/apps/install"
	_ "k8s.io/kubernetes/pkg/apis/autoscaling/install"
	_ "k8s.io/kubernetes/pkg/apis/batch/install"
	"k8s.io/kubernetes/pkg/apis/core"
	_ "k8s.io/kubernetes/pkg/apis/core/install"
	_ "k8s.io/kubernetes/pkg/apis/discovery/install"
	_ "k8s.io/kubernetes/pkg/apis/networking/install"
	_ "k8s.io/kubernetes/pkg/apis/policy/install"
	"k8s.io/kubernetes/pkg/printers"
	"k8s.io/kubernetes/pkg/printers/internalversion"
)

var instant = regexp.MustCompile(`"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z"`)

func main() {
	then, err := time.Parse(time.RFC3339, os.Args[1])
	check(err)
	input, err := io.ReadAll(os.Stdin)
	check(err)
	var list struct{ Items []json.RawMessage }
	check(json.Unmarshal(input, &list))
	aggregator.Install(legacyscheme.Scheme)
	generator := printers.NewTableGenerator().With(internalversion.AddHandlers)
	shift := time.Since(then)
	for i, item := range list.Items {
		moved := instant.ReplaceAllFunc(item, func(text []byte) []byte {
			at, err := time.Parse(`"`+time.RFC3339+`"`, string(text))
			check(err)
			return []byte(at.Add(shift).Format(`"2006-01-02T15:04:05.000000Z"`))
		})
		object, err := runtime.Decode(legacyscheme.Codecs.UniversalDecoder(), moved)
		check(err)
		table, err := print(generator, object)
		check(err)
		if i == 0 {
			fmt.Printf("{\"columns\": %s, \"rows\": [\n", text(titles(table)))
		}
		comma := ","
		if i == len(list.Items)-1 {
			comma = ""
		}
		fmt.Printf("%s%s\n", text(cells(table)), comma)
	}
	fmt.Println("]}")
}

// API services are printed by the aggregator, which has them. Limit ranges have no printer: the server gives the instant when one was
// made, and we its age.
func print(generator printers.TableGenerator, object runtime.Object) (*metav1.Table, error) {
	switch object := object.(type) {
	case *apiregistration.APIService:
		return (&apiservices.REST{}).ConvertToTable(context.Background(), object, nil)
	case *core.LimitRange:
		age := duration.HumanDuration(time.Since(object.CreationTimestamp.Time))
		return &metav1.Table{
			ColumnDefinitions: []metav1.TableColumnDefinition{{Name: "Name"}, {Name: "Age"}},
			Rows:              []metav1.TableRow{{Cells: []any{object.Name, age}}},
		}, nil
	}
	return generator.GenerateTable(object, printers.GenerateOptions{Wide: true})
}

func titles(table *metav1.Table) (titles []string) {
	for _, column := range table.ColumnDefinitions {
		titles = append(titles, strings.ToUpper(column.Name))
	}
	return titles
}

func cells(table *metav1.Table) (cells []string) {
	for _, cell := range table.Rows[0].Cells {
		cells = append(cells, fmt.Sprint(cell))
	}
	return cells
}

func text(of []string) string {
	var out strings.Builder
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	check(encoder.Encode(of))
	return strings.TrimSpace(out.String())
}

func check(err error) {
	if err != nil {
		log.Fatal("printer: ", err)
	}
}
