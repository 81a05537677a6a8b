// node talkback.cjs FOLDER_WITH_NODE_MODULES PORT TAPES: answers from the tapes alone, comparing no headers.
const [modules, port, path] = process.argv.slice(2);
const talkback = require(require.resolve("talkback", { paths: [modules] }));
const options = { allowHeaders: [], silent: true, summary: false, fallbackMode: "NOT_FOUND", record: "DISABLED" };
const server = talkback({ ...options, host: "http://gws.example", port: Number(port), path });
server.start();
