// The compiled peer: what tests/bench/echo.py does, with mautrix-go. No encryption; the same environment:
// MATRIX_HOMESERVER, MATRIX_USER, MATRIX_TOKEN, MATRIX_DEVICE, and SINCE, the file that keeps the sync token.
// Says `ready` after its first sync.
package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

const (
	command  = "!ping"
	answer   = "pong"
	timeline = 100 // events of a room in one answer, as echo.py asks for: more than the bench lets wait there
)

// tokenFile is a mautrix.SyncStore with one file, which holds the sync token and nothing else.
type tokenFile struct{ path, filter string }

func (file *tokenFile) SaveFilterID(_ context.Context, _ id.UserID, filter string) error {
	file.filter = filter
	return nil
}

func (file *tokenFile) LoadFilterID(context.Context, id.UserID) (string, error) {
	return file.filter, nil
}

func (file *tokenFile) SaveNextBatch(_ context.Context, _ id.UserID, token string) error {
	return os.WriteFile(file.path, []byte(token), 0o600)
}

func (file *tokenFile) LoadNextBatch(context.Context, id.UserID) (string, error) {
	token, err := os.ReadFile(file.path)
	if os.IsNotExist(err) {
		return "", nil
	}
	return strings.TrimSpace(string(token)), err
}

func run(ctx context.Context) error {
	user := id.UserID(os.Getenv("MATRIX_USER"))
	client, err := mautrix.NewClient(os.Getenv("MATRIX_HOMESERVER"), user, os.Getenv("MATRIX_TOKEN"))
	if err != nil {
		return err
	}
	client.DeviceID = id.DeviceID(os.Getenv("MATRIX_DEVICE"))
	client.Store = &tokenFile{path: os.Getenv("SINCE")}

	syncer := mautrix.NewDefaultSyncer()
	syncer.FilterJSON = &mautrix.Filter{
		Room: &mautrix.RoomFilter{Timeline: &mautrix.FilterPart{Limit: timeline}},
	}
	syncer.OnSync(client.DontProcessOldEvents)
	var once sync.Once
	syncer.OnSync(func(context.Context, *mautrix.RespSync, string) bool {
		once.Do(func() { fmt.Println("ready") })
		return true
	})
	syncer.OnEventType(event.EventMessage, func(ctx context.Context, heard *event.Event) {
		if heard.Sender == user || heard.Content.AsMessage().Body != command {
			return
		}
		if _, err := client.SendText(ctx, heard.RoomID, answer); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	})
	client.Syncer = syncer
	return client.SyncWithContext(ctx)
}

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
