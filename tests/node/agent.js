// An agent's desktop with the official CometD client. Prints what it sent and saw, one JSON object a line.
//
//   node agent.js [--ack] ORIGIN DOCUMENT...
//
// It logs in, takes a chat, links and sends every document, waiting each time for the notification, and goes home.
// After the first document it says that it pauses, and goes on once the server has forgotten its Bayeux session.

import { EventEmitter, once } from "node:events";
import { parseArgs } from "node:util";

import { AckExtension, CometD } from "cometd";
import { adapt } from "cometd-nodejs-client";

const { values, positionals } = parseArgs({ options: { ack: { type: "boolean" } }, allowPositionals: true });
const [origin, ...documents] = positionals;
const CHATS = "/v2/me/chats";
const TOPICS = [CHATS, "/v2/me/calls", "/v2/me/devices"];

const cookies = new Map();
const csrf = {};
const inbox = [];
const news = new EventEmitter();

// The library logs to the console, and the lines of stdout are ours.
globalThis.console = new console.Console(process.stderr);
adapt({
  cookies: {
    storeCookie: (uri, header, done) => { keepCookie(header); done(); },
    retrieveCookies: (context, uri, done) => done(null, [...cookies.values()]),
  },
});
// A browser sends its cookies with a WebSocket's upgrade, too.
window.WebSocket = class extends window.WebSocket {
  constructor(url, protocols) {
    super(url, protocols ?? [], { headers: cookieHeader() });
  }
};

function print(line) {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

function keepCookie(header) {
  const [pair] = header.split(";");
  cookies.set(pair.split("=")[0], pair);
}

function cookieHeader() {
  return cookies.size ? { Cookie: [...cookies.values()].join("; ") } : {};
}

async function ask(method, path, body, headers = { "Content-Type": "application/json" }) {
  const sent = { method, headers: { ...headers, ...cookieHeader(), ...csrf }, body: body && JSON.stringify(body) };
  const response = await fetch(origin + path, sent);
  response.headers.getSetCookie().forEach(keepCookie);
  const name = response.headers.get("X-CSRF-HEADER");
  if (name) csrf[name] = response.headers.get(name);
  print({ reply: { method, path, status: response.status, body: await response.json() } });
}

// The next Bayeux message that is wanted: come already and not taken, or still to come.
async function next(wanted) {
  for (;;) {
    const place = inbox.findIndex(wanted);
    if (place >= 0) return inbox.splice(place, 1)[0];
    await once(news, "message");
  }
}

const inState = (state) => (message) => message.channel === CHATS && message.data.chat?.state === state;
const linked = (id) => (message) => message.data?.chat?.attachments?.some((attachment) => attachment.id === id);
const uploaded = (id) => (message) => message.data?.messages?.some((line) => line.attachment?.id === id);
const answered = (channel, topic) => (message) => message.channel === channel && message.subscription === topic;

function desktop() {
  const cometd = new CometD();
  cometd.unregisterTransport("callback-polling"); // it needs a browser
  cometd.configure({ url: `${origin}/api/v2/notifications`, requestHeaders: csrf, backoffIncrement: 1 });
  // Registered first, it sees what comes before any other extension does, and what leaves after all of them.
  cometd.registerExtension("witness", {
    incoming(message) {
      print({ told: message });
      inbox.push(message);
      news.emit("message");
    },
    outgoing(message) {
      print({ sent: message });
    },
  });
  if (values.ack) cometd.registerExtension("ack", new AckExtension());
  cometd.onTransportException = (failure, from, to) => print({ transport: { from, to } });
  let chats;
  // Also after a session that the server has forgotten: the client shakes hands again, but does not subscribe again.
  cometd.addListener("/meta/handshake", ({ successful }) => {
    if (successful) cometd.batch(() => { [chats] = TOPICS.map((topic) => cometd.subscribe(topic, () => {})); });
  });
  return { cometd, stopListening: () => cometd.unsubscribe(chats) };
}

async function work() {
  const credentials = Buffer.from("sofia:open-sesame").toString("base64");
  await ask("GET", "/api/v2/me", undefined, { Authorization: `Basic ${credentials}` });

  const { cometd, stopListening } = desktop();
  cometd.handshake();
  await next(answered("/meta/subscribe", TOPICS.at(-1)));

  await ask("POST", "/api/v2/me", { operationName: "StartContactCenterSession", channels: ["chat"] });
  const { data: { chat } } = await next(inState("Invited"));
  const operate = (operationName, members) =>
    ask("POST", `/api/v2/me/chats/${chat.id}`, { operationName, ...members });

  await operate("Accept", { nickname: "Sofia" });
  await next(inState("Chatting"));
  for (const [place, documentId] of documents.entries()) {
    if (place === 1) {
      print({ paused: true });
      await next(answered("/meta/subscribe", TOPICS.at(-1)));
    }
    await operate("AddAttachment", { documentId });
    await next(linked(documentId));
    await operate("UploadFile", { documentId, uploadType: "standard-response" });
    await next(uploaded(documentId));
  }

  stopListening();
  await next(answered("/meta/unsubscribe", CHATS));
  await operate("SendMessage", { text: "Goodbye" });
  cometd.disconnect();
  await next((message) => message.channel === "/meta/disconnect");
  await ask("POST", "/api/v2/me", { operationName: "EndContactCenterSession" });
}

await work();
