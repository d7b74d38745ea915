package workbook

import "fmt"

type rgb [3]float64

// seriesColours tell series apart on light and dark paper.
var seriesColours = [...]string{"#2f6fde", "#e0762f", "#2f9e6e", "#b5539c", "#8a7a2f", "#6f5fd0", "#c94f5a", "#3a9db5", "#7b8794", "#a0622d"}

func seriesColour(i int) string { return seriesColours[i%len(seriesColours)] }

// palette returns the stops of a palette from low to high, and the colour of its bars.
func palette(name string) (stops []rgb, bar string) {
	white := rgb{250, 250, 250}
	switch name {
	case "orange", "orangeDark":
		return []rgb{white, {240, 150, 70}}, "#f0a35c"
	case "orangeRed", "redOrange":
		return []rgb{white, {246, 190, 120}, {214, 70, 48}}, "#ea8a5a"
	case "yellowOrangeRed", "yellowOrangeBrown":
		return []rgb{{252, 248, 226}, {247, 197, 98}, {208, 66, 44}}, "#eeb04f"
	case "red", "redBright", "redDark", "redGray":
		return []rgb{white, {206, 66, 66}}, "#d97070"
	case "green", "greenDark", "greenLight":
		return []rgb{white, {64, 158, 104}}, "#74bd93"
	case "greenRed", "greenBlue":
		return []rgb{{110, 190, 140}, {250, 240, 190}, {214, 84, 66}}, "#74bd93"
	case "gray", "grayBlue":
		return []rgb{white, {130, 140, 152}}, "#aab3bf"
	case "purple", "purpleDark", "magenta", "pink":
		return []rgb{white, {140, 92, 180}}, "#b08cd0"
	case "turquoise", "lightBlue", "coldHot":
		return []rgb{white, {64, 160, 180}}, "#7cc0cf"
	case "", "blue", "blueDark", "blueGreen":
		return []rgb{white, {74, 130, 220}}, "#86aeec"
	}
	return []rgb{white, {74, 130, 220}}, "#86aeec"
}

// shade is the colour at a place between 0 and 1, and that of text upon it.
func shade(stops []rgb, at float64) (back, ink string) {
	at = min(max(at, 0), 1) * float64(len(stops)-1)
	i := min(int(at), len(stops)-2)
	part := at - float64(i)
	var c rgb
	for k := range c {
		c[k] = stops[i][k] + (stops[i+1][k]-stops[i][k])*part
	}
	ink = "#1b1f24"
	if 0.299*c[0]+0.587*c[1]+0.114*c[2] < 130 {
		ink = "#ffffff"
	}
	return fmt.Sprintf("#%02x%02x%02x", int(c[0]), int(c[1]), int(c[2])), ink
}
