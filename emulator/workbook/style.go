package workbook

// The page's width in pixels, and the gap between items side by side.
const (
	pageWidth = 1280
	gapWidth  = 16
)

const pageStyle = `:root{--paper:#fff;--ink:#1b1f24;--soft:#5b6672;--line:#e2e6ea;--wash:#f6f8fa;--accent:#2f6fde;--good:#2f9e6e;--warn:#c98412;--bad:#c9453f;color-scheme:light dark}
@media (prefers-color-scheme:dark){:root{--paper:#15181c;--ink:#e6e9ed;--soft:#9aa5b1;--line:#2c3238;--wash:#1c2127;--accent:#6c9dff}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:14px/1.45 system-ui,"Segoe UI",Roboto,"Helvetica Neue",Arial,"DejaVu Sans",sans-serif}
main{max-width:1328px;margin:0 auto;padding:20px 24px}
footer{max-width:1328px;margin:0 auto;padding:8px 24px 28px;color:var(--soft);font-size:12px}
.row{display:flex;flex-wrap:wrap;gap:14px 16px;align-items:flex-start}
.item{flex:0 0 calc(var(--w)*1% - (100 - var(--w))*.16px);min-width:0}
@media (max-width:800px){.item{flex-basis:100%}}
h2{font-size:20px;margin:.2em 0 .3em}
h3{font-size:14px;font-weight:600;margin:6px 0 8px}
.text>:first-child{margin-top:0}.text>:last-child{margin-bottom:0}
.text{max-width:90ch}.text p{margin:.5em 0}
.text code{background:var(--wash);padding:1px 4px;border-radius:3px}
.text.info,.text.warning,.text.error,.text.success,.text.upsell{border-left:3px solid var(--accent);background:var(--wash);padding:8px 12px}
.text.warning{border-color:var(--warn)}.text.error{border-color:var(--bad)}.text.success{border-color:var(--good)}
.pills{display:flex;flex-wrap:wrap;gap:8px;margin:0}
.pills div{display:flex;gap:6px;border:1px solid var(--line);border-radius:16px;padding:4px 12px;background:var(--wash)}
.pills dt{color:var(--soft)}.pills dt:after{content:":"}
.pills dd{margin:0;font-weight:600;max-width:40ch;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.tabs{display:flex;flex-wrap:wrap;gap:4px;border-bottom:1px solid var(--line)}
.tabs input{position:absolute;opacity:0}
.tabs label{padding:8px 14px;cursor:pointer;border-bottom:2px solid transparent;color:var(--soft)}
.tabs input:checked+label{border-color:var(--accent);color:var(--ink);font-weight:600}
.tabs input:focus-visible+label{outline:2px solid var(--accent);outline-offset:-2px}
.scroll{overflow:auto;max-height:430px;border:1px solid var(--line);border-radius:6px}
table{border-collapse:collapse;width:100%;font-size:13px;font-variant-numeric:tabular-nums}
th{position:sticky;top:0;background:var(--wash);text-align:left;font-weight:600;z-index:1}
th,td{padding:5px 10px;border-bottom:1px solid var(--line);white-space:nowrap;vertical-align:middle}
th.n,td.n{text-align:right}
tbody tr:last-child td{border-bottom:0}
tr.d0 .node{font-weight:600}
.node{padding-left:calc(var(--d)*18px)}
.long{display:inline-block;max-width:46ch;overflow:hidden;text-overflow:ellipsis;vertical-align:bottom}
td.bar{min-width:110px}
td.bar span{display:block;padding:1px 4px;border-radius:2px;background:linear-gradient(90deg,color-mix(in srgb,var(--c) 62%,transparent) var(--v),transparent var(--v))}
td.zero{color:var(--soft);opacity:.6}
.icon{display:inline-block;width:10px;height:10px;margin-right:7px;border-radius:50%;background:var(--soft)}
.icon.good{background:var(--good)}
.icon.warn{background:var(--warn);clip-path:polygon(50% 0,100% 100%,0 100%);border-radius:0}
.icon.bad{background:var(--bad);transform:rotate(45deg);border-radius:1px}
.icon.none{opacity:.5}
.more{color:var(--soft);font-size:12px;margin:4px 2px}
.note{color:var(--soft);background:var(--wash);border:1px dashed var(--line);border-radius:6px;padding:14px;margin:0}
.trouble{border:1px solid var(--bad);border-left-width:4px;border-radius:6px;padding:10px 12px;margin:0;overflow-wrap:anywhere}
.tiles{display:flex;flex-wrap:wrap;gap:12px}
.tile{flex:1 1 220px;max-width:320px;border:1px solid var(--line);border-radius:6px;padding:10px 14px;background:var(--wash)}
.tile .title{font-weight:600}
.tile .left{font-size:26px;line-height:1.3;font-weight:600;font-variant-numeric:tabular-nums}
.tile .right{float:right;margin-top:-30px}
.tile .subtitle{color:var(--soft);font-size:12px}
.tile svg{width:100%;height:40px}
.spark{display:block}
.big{font-size:34px;font-weight:600;margin:0}
.chart{display:block;width:100%;height:auto}
.gridline{stroke:var(--line)}.gridline.faint{opacity:.45}
.tick{font-size:11px;fill:var(--soft)}.name{font-size:12px;fill:var(--ink)}
.legend{display:flex;flex-wrap:wrap;gap:4px 16px;list-style:none;margin:6px 0 0;padding:0;font-size:12px;color:var(--soft)}
.legend span{display:inline-block;width:10px;height:10px;border-radius:2px;margin-right:6px}
.legend b{color:var(--ink);font-weight:600}
.links{padding-left:1.2em}
`
