// Reads Bicep with the grammar of tree-sitter-bicep and tells, for each file, how many nodes there are and which of them are
// mistakes: {"file", "nodes", "wrong": ["line:column kind"]}.
import { readFileSync } from "node:fs";
import Parser from "tree-sitter";
import Bicep from "tree-sitter-bicep";

const parser = new Parser();
parser.setLanguage(Bicep);
for (const file of process.argv.slice(2)) {
  const text = readFileSync(file, "utf8");
  const wrong = [];
  let nodes = 0;
  const cursor = parser.parse((at) => text.slice(at, at + 16384)).walk();
  for (let deeper = true; ; ) {
    if (deeper) {
      const n = cursor.currentNode;
      nodes++;
      if (n.isError || n.isMissing) wrong.push(`${n.startPosition.row + 1}:${n.startPosition.column + 1} ${n.isMissing ? "missing " : ""}${n.type}`);
    }
    if (deeper && cursor.gotoFirstChild()) continue;
    if (cursor.gotoNextSibling()) deeper = true;
    else if (cursor.gotoParent()) deeper = false;
    else break;
  }
  console.log(JSON.stringify({ file, nodes, wrong }));
}
