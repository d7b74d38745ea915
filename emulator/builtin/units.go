package builtin

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"sync"

	"github.com/seed-caab1ad3/blindspot/emulator/vector"
)

func unitKernels() []Scalar {
	var out []Scalar
	for _, q := range [...]string{"angle", "energy", "force", "length", "mass", "speed", "temperature", "volume"} {
		out = append(out, Scalar{Name: "convert_" + q, Kernel: converter(q)})
	}
	return out
}

// unit is a linear scale: base = value*factor + offset.
type unit struct{ factor, offset float64 }

// unitTables lists, a quantity a line, units with their size in the quantity's base unit. Factors are those of the SI brochure, of the
// international yard and pound agreement and of the US and imperial gallons.
const unitTables = `
angle Radian=1 Arcminute=0.0002908882086657216 Arcsecond=4.84813681109536e-6 Centiradian=0.01 Deciradian=0.1 Degree=0.017453292519943295 Gradian=0.015707963267948967 Microdegree=1.7453292519943295e-8 Microradian=1e-6 Millidegree=1.7453292519943295e-5 Milliradian=0.001 Nanodegree=1.7453292519943295e-11 Nanoradian=1e-9 NatoMil=0.0009817477042468104 Revolution=6.283185307179586
energy Joule=1 BritishThermalUnit=1055.05585262 Calorie=4.184 DecathermEc=1055055852.62 DecathermImperial=1055055852.57348 DecathermUs=1054804000 ElectronVolt=1.602176634e-19 Erg=1e-7 FootPound=1.3558179483314004 GigabritishThermalUnit=1055055852620 GigaelectronVolt=1.602176634e-10 Gigajoule=1e9 GigawattDay=8.64e13 GigawattHour=3.6e12 HorsepowerHour=2684519.537696173 KilobritishThermalUnit=1055055.85262 Kilocalorie=4184 KiloelectronVolt=1.602176634e-16 Kilojoule=1000 KilowattDay=8.64e7 KilowattHour=3.6e6 MegabritishThermalUnit=1055055852.62 Megacalorie=4.184e6 MegaelectronVolt=1.602176634e-13 Megajoule=1e6 MegawattDay=8.64e10 MegawattHour=3.6e9 Millijoule=0.001 TeraelectronVolt=1.602176634e-7 TerawattDay=8.64e16 TerawattHour=3.6e15 ThermEc=105505585.262 ThermImperial=105505585.257348 ThermUs=105480400 WattDay=86400 WattHour=3600
force Newton=1 Decanewton=10 Dyn=1e-5 KilogramForce=9.80665 Kilonewton=1000 KiloPond=9.80665 KilopoundForce=4448.2216152605 Meganewton=1e6 Micronewton=1e-6 Millinewton=0.001 OunceForce=0.27801385095378125 Poundal=0.138254954376 PoundForce=4.4482216152605 ShortTonForce=8896.443230521 TonneForce=9806.65
length Meter=1 Angstrom=1e-10 AstronomicalUnit=149597870700 Centimeter=0.01 Chain=20.1168 DataMile=1828.8 Decameter=10 Decimeter=0.1 Fathom=1.8288 Foot=0.3048 Hand=0.1016 Hectometer=100 Inch=0.0254 KilolightYear=9.4607304725808e18 Kilometer=1000 Kiloparsec=3.0856775814913673e19 LightYear=9.4607304725808e15 MegalightYear=9.4607304725808e21 Megaparsec=3.0856775814913673e22 Microinch=2.54e-8 Micrometer=1e-6 Mil=2.54e-5 Mile=1609.344 Millimeter=0.001 Nanometer=1e-9 NauticalMile=1852 Parsec=3.0856775814913673e16 Shackle=27.432 UsSurveyFoot=0.3048006096012192 Yard=0.9144
mass Kilogram=1 Centigram=1e-5 Decagram=0.01 Decigram=0.0001 EarthMass=5.9722e24 Grain=6.479891e-5 Gram=0.001 Hectogram=0.1 Kilopound=453.59237 Kilotonne=1e6 LongHundredweight=50.80234544 LongTon=1016.0469088 Megapound=453592.37 Megatonne=1e9 Microgram=1e-9 Milligram=1e-6 Nanogram=1e-12 Ounce=0.028349523125 Pound=0.45359237 ShortHundredweight=45.359237 ShortTon=907.18474 Slug=14.593902937206364 Stone=6.35029318 Tonne=1000
speed MeterPerSecond=1 CentimeterPerHour=2.777777777777778e-6 CentimeterPerMinute=0.00016666666666666666 CentimeterPerSecond=0.01 DecimeterPerMinute=0.0016666666666666668 DecimeterPerSecond=0.1 FootPerHour=8.466666666666667e-5 FootPerMinute=0.00508 FootPerSecond=0.3048 InchPerHour=7.055555555555555e-6 InchPerMinute=0.0004233333333333333 InchPerSecond=0.0254 KilometerPerHour=0.2777777777777778 KilometerPerMinute=16.666666666666668 KilometerPerSecond=1000 Knot=0.5144444444444445 MeterPerHour=0.0002777777777777778 MeterPerMinute=0.016666666666666666 MicrometerPerMinute=1.6666666666666667e-8 MicrometerPerSecond=1e-6 MilePerHour=0.44704 MillimeterPerHour=2.7777777777777776e-7 MillimeterPerMinute=1.6666666666666667e-5 MillimeterPerSecond=0.001 NanometerPerMinute=1.6666666666666667e-11 NanometerPerSecond=1e-9 UsSurveyFootPerHour=8.466683600033867e-5 UsSurveyFootPerMinute=0.00508001016002032 UsSurveyFootPerSecond=0.3048006096012192 YardPerHour=0.000254 YardPerMinute=0.01524 YardPerSecond=0.9144
temperature Kelvin=1 DegreeCelsius=1+273.15 DegreeFahrenheit=0.5555555555555556+255.3722222222222 DegreeRankine=0.5555555555555556 DegreeReaumur=1.25+273.15 DegreeNewton=3.0303030303030303+273.15 DegreeRoemer=1.9047619047619047+258.86428571428570 DegreeDelisle=-0.6666666666666666+373.15 MillidegreeCelsius=0.001+273.15
volume CubicMeter=1 AcreFoot=1233.48183754752 BoardFoot=0.002359737216 Centiliter=1e-5 CubicCentimeter=1e-6 CubicDecimeter=0.001 CubicFoot=0.028316846592 CubicHectometer=1e6 CubicInch=1.6387064e-5 CubicKilometer=1e9 CubicMicrometer=1e-18 CubicMile=4168181825.440579584 CubicMillimeter=1e-9 CubicYard=0.764554857984 Decaliter=0.01 DecausGallon=0.03785411784 Deciliter=0.0001 DeciusGallon=0.0003785411784 HectocubicFoot=2.8316846592 HectocubicMeter=100 Hectoliter=0.1 HectousGallon=0.3785411784 ImperialGallon=0.00454609 ImperialOunce=2.84130625e-5 ImperialPint=0.00056826125 KilocubicFoot=28.316846592 KilocubicMeter=1000 KiloimperialGallon=4.54609 Kiloliter=1 KilousGallon=3.785411784 Liter=0.001 MegacubicFoot=28316.846592 MegaimperialGallon=4546.09 Megaliter=1000 MegausGallon=3785.411784 MetricCup=0.00025 MetricTeaspoon=5e-6 Microliter=1e-9 Milliliter=1e-6 OilBarrel=0.158987294928 UkTablespoon=1.77581714e-5 UsBeerBarrel=0.117347765304 UsGallon=0.003785411784 UsLegalCup=0.00024 UsOunce=2.95735295625e-5 UsPint=0.000473176473 UsQuart=0.000946352946 UsTablespoon=1.478676478125e-5 UsTeaspoon=4.92892159375e-6
`

var units = sync.OnceValue(func() map[string]unit {
	m := map[string]unit{}
	for _, l := range strings.Split(strings.TrimSpace(unitTables), "\n") {
		fields := strings.Fields(l)
		for _, f := range fields[1:] {
			name, size, _ := strings.Cut(f, "=")
			factor, offset, _ := strings.Cut(size, "+")
			var u unit
			u.factor, _ = strconv.ParseFloat(factor, 64)
			u.offset, _ = strconv.ParseFloat(offset, 64)
			m[fields[0]+" "+name] = u
		}
	}
	return m
})

// converter makes convert_length and its kin. A unit that is not in the table is refused by name.
func converter(quantity string) Kernel {
	return func(_ *Call, args []vector.Column, n int) (vector.Column, error) {
		v, from, to := floats(args[0]), texts(args[1]), texts(args[2])
		out := newReals(n)
		for i := 0; i < n; i++ {
			if v.IsNull(i) || from.At(i) == "" || to.At(i) == "" {
				out.null(i)
				continue
			}
			a, ok1 := units()[quantity+" "+from.At(i)]
			b, ok2 := units()[quantity+" "+to.At(i)]
			if !ok1 || !ok2 {
				name := from.At(i)
				if ok1 {
					name = to.At(i)
				}
				return nil, fmt.Errorf("convert_%s(): the unit %q is not supported", quantity, name)
			}
			r := (v.At(i)*a.factor + a.offset - b.offset) / b.factor
			// Celsius and the like differ by offsets whose last digits are noise.
			if a.offset != b.offset {
				r = math.Round(r*1e9) / 1e9
			}
			out.data[i] = r
		}
		return out.column(), nil
	}
}
