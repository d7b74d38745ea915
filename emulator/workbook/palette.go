package workbook

import "fmt"

type rgb [3]float64

// seriesColours tell series apart on light and dark paper.
var seriesColours = [...]string{"#2f6fde", "#e0762f", "#2f9e6e", "#b5539c", "#8a7a2f", "#6f5fd0", "#c94f5a", "#3a9db5", "#7b8794", "#a0622d"}

func seriesColour(i int) string { return seriesColours[i%len(seriesColours)] }

// palette returns the stops of a palette from low to high, and the colour of its bars.
func palette(name string) (stops []rgb, bar string) {
	pale := rgb{205, 213, 224}
	switch name {
	case "orange", "orangeDark":
		return []rgb{pale, {240, 150, 70}}, "#f0a35c"
	case "orangeRed", "redOrange":
		return []rgb{pale, {246, 190, 120}, {214, 70, 48}}, "#ea8a5a"
	case "yellowOrangeRed", "yellowOrangeBrown":
		return []rgb{{252, 248, 226}, {247, 197, 98}, {208, 66, 44}}, "#eeb04f"
	case "red", "redBright", "redDark", "redGray":
		return []rgb{pale, {206, 66, 66}}, "#d97070"
	case "green", "greenDark", "greenLight":
		return []rgb{pale, {64, 158, 104}}, "#74bd93"
	case "greenRed", "greenBlue":
		return []rgb{{110, 190, 140}, {250, 240, 190}, {214, 84, 66}}, "#74bd93"
	case "gray", "grayBlue":
		return []rgb{pale, {130, 140, 152}}, "#aab3bf"
	case "purple", "purpleDark", "magenta", "pink":
		return []rgb{pale, {140, 92, 180}}, "#b08cd0"
	case "turquoise", "lightBlue", "coldHot":
		return []rgb{pale, {64, 160, 180}}, "#7cc0cf"
	case "", "blue", "blueDark", "blueGreen":
		return []rgb{pale, {74, 130, 220}}, "#86aeec"
	}
	return []rgb{pale, {74, 130, 220}}, "#86aeec"
}

// shade is the colour at a place between 0 and 1, and that of text upon it. Low places let the paper through, light or dark, and
// leave the text as it is ("").
func shade(stops []rgb, at float64) (back, ink string) {
	at = min(max(at, 0), 1)
	cover := 0.3 + 0.7*at
	place := at * float64(len(stops)-1)
	i := min(int(place), len(stops)-2)
	part := place - float64(i)
	var c rgb
	for k := range c {
		c[k] = stops[i][k] + (stops[i+1][k]-stops[i][k])*part
	}
	switch {
	case cover < 0.55:
	case 0.299*c[0]+0.587*c[1]+0.114*c[2] < 140:
		ink = "#ffffff"
	default:
		ink = "#1b1f24"
	}
	return fmt.Sprintf("rgba(%d,%d,%d,%.2f)", int(c[0]), int(c[1]), int(c[2]), cover), ink
}
