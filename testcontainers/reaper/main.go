// Removes what a test process left behind. Speaks the line protocol of Testcontainers' reaper: clients connect, name
// filters (`label=key=value`), and when the last of them is gone whatever matches is removed, the reaper itself last.
// Standard library only, so that it builds in seconds and runs in an empty image.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"
)

type filter = map[string][]string

type engine struct{ http.Client }

func newEngine(socket string) *engine {
	return &engine{http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			var dialer net.Dialer
			return dialer.DialContext(ctx, "unix", socket)
		},
	}}}
}

func (e *engine) call(method, path string, query url.Values, out any) error {
	request, err := http.NewRequest(method, "http://engine"+path+"?"+query.Encode(), nil)
	if err != nil {
		return err
	}
	response, err := e.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode >= 300 {
		return fmt.Errorf("%s %s: %s", method, path, response.Status)
	}
	if out == nil {
		return nil
	}
	return json.NewDecoder(response.Body).Decode(out)
}

func (e *engine) list(path string, f filter, out any) {
	encoded, _ := json.Marshal(f) // a map of strings always encodes
	if err := e.call("GET", path, url.Values{"filters": {string(encoded)}, "all": {"1"}}, out); err != nil {
		log.Println("list:", err)
	}
}

func (e *engine) remove(kind, path string) {
	if err := e.call("DELETE", path, url.Values{"force": {"1"}, "v": {"1"}}, nil); err != nil {
		log.Println("remove", kind, err)
		return
	}
	log.Println("removed", kind, path)
}

// prune removes everything that a filter matches: containers before the networks and volumes they hold.
func (e *engine) prune(filters []filter) {
	self, _ := os.Hostname() // the engine names a container's host after its short id
	own := ""
	for _, f := range filters {
		var containers, networks, images []struct{ Id string }
		var volumes struct{ Volumes []struct{ Name string } }
		e.list("/containers/json", f, &containers)
		for _, c := range containers {
			if self != "" && strings.HasPrefix(c.Id, self) {
				own = c.Id // it carries the session's label too
				continue
			}
			e.remove("container", "/containers/"+c.Id)
		}
		e.list("/networks", f, &networks)
		for _, n := range networks {
			e.remove("network", "/networks/"+n.Id)
		}
		e.list("/volumes", f, &volumes)
		for _, v := range volumes.Volumes {
			e.remove("volume", "/volumes/"+url.PathEscape(v.Name))
		}
		e.list("/images/json", f, &images)
		for _, i := range images {
			e.remove("image", "/images/"+i.Id)
		}
	}
	if own != "" {
		e.remove("reaper", "/containers/"+own)
	}
}

// clients counts connections and collects their filters.
type clients struct {
	sync.Mutex
	open    int
	filters map[string]filter
	change  chan struct{}
}

func (c *clients) count(by int) {
	c.Lock()
	c.open += by
	c.Unlock()
	c.change <- struct{}{}
}

func (c *clients) serve(connection net.Conn) {
	defer func() {
		connection.Close()
		c.count(-1)
	}()
	lines := bufio.NewScanner(connection)
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		query, err := url.ParseQuery(line)
		if err != nil || len(query) == 0 {
			continue // an empty filter would match everything on the machine
		}
		c.Lock()
		c.filters[line] = filter(query)
		c.Unlock()
		fmt.Fprintln(connection, "ACK")
	}
}

func (c *clients) accept(listener net.Listener) {
	for {
		connection, err := listener.Accept()
		if err != nil {
			return
		}
		c.count(1)
		go c.serve(connection)
	}
}

func duration(name string, otherwise time.Duration) time.Duration {
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	value, err := time.ParseDuration(text)
	if err != nil {
		log.Fatalln(name, err)
	}
	return value
}

func main() {
	log.SetOutput(os.Stdout)
	first := duration("RYUK_CONNECTION_TIMEOUT", 60*time.Second)
	again := duration("RYUK_RECONNECTION_TIMEOUT", 10*time.Second)
	listener, err := net.Listen("tcp", ":8080")
	if err != nil {
		log.Fatalln(err)
	}
	c := &clients{filters: map[string]filter{}, change: make(chan struct{}, 64)}
	go c.accept(listener)
	log.Println("Started!") // Testcontainers waits for this word

	for timer := time.NewTimer(first); ; {
		select {
		case <-c.change:
			timer.Stop()
			c.Lock()
			if c.open == 0 {
				timer = time.NewTimer(again)
			}
			c.Unlock()
		case <-timer.C:
			c.Lock()
			filters := make([]filter, 0, len(c.filters))
			for _, f := range c.filters {
				filters = append(filters, f)
			}
			newEngine("/var/run/docker.sock").prune(filters)
			return
		}
	}
}
