package content

import (
	"embed"
	"io/fs"
)

//go:embed all:rules all:hunting all:functions all:watchlists all:workbooks all:events all:streams
var shipped embed.FS

// Embedded returns the shipped pack as a file system whose root holds rules/, hunting/, functions/ and so on. The schemas of
// the service's tables are not in it; they are in package tables.
func Embedded() fs.FS { return shipped }
