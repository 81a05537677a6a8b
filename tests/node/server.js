// A Web Services server around an independent Bayeux implementation (cometd-nodejs-server). Prints `ready ORIGIN`.
//
//   node server.js [--overtakes DOCUMENT] [--loses DOCUMENT]
//
// The notification of the one document overtakes its reply, that of the other is cut off in the middle of its answer.
// A line on stdin makes it forget all Bayeux sessions; it ends with its stdin.

import http from "node:http";
import { json } from "node:stream/consumers";
import { parseArgs } from "node:util";

import cometd from "cometd-nodejs-server";
import ack from "cometd-nodejs-server/ack-extension.js";

const { values: options } = parseArgs({ options: { overtakes: { type: "string" }, loses: { type: "string" } } });
const PUBLIC = "http://gws.example.com:8090/api/v2";
const TOKEN = "5fae9d0c-2f4a-4f0e-9d1b-7c1f5e0b8a11";
const SESSION = "JSESSIONID=2C4D0E6F8A1B3C5D";
const USER = { id: "0bcb93c9854f41d6ad89344047ec3223", userName: "sofia" };
const CHAT = "0001TaBTNRPW01GV";
const AGENT = { nickname: "Sofia", participantId: "009F5790DA8D0066", type: "Agent" };

const bayeux = cometd.createCometDServer({ timeout: 1500 });
const sessions = new Set();
bayeux.addExtension(new ack.AcknowledgedMessagesExtension());
bayeux.addListener("sessionAdded", (session) => sessions.add(session));
bayeux.addListener("sessionRemoved", (session) => sessions.delete(session));

const attachments = [];
let index = 0;
let losing = "";

function change(notificationType, state) {
  const known = attachments.length ? { attachments } : {};
  const chat = { ...known, id: CHAT, state, uri: `${PUBLIC}/chats/${CHAT}` };
  return { chat, notificationType, messageType: "ChatStateChangeMessage" };
}

function log(type, members) {
  const line = { ...members, from: AGENT, index: ++index, timestampSeconds: Date.now(), type, visibility: "All" };
  const chat = { chatPath: `/chats/${CHAT}`, chatUri: `${PUBLIC}/chats/${CHAT}` };
  return { ...chat, messages: [line], notificationType: "NewMessages", messageType: "MessageLogUpdated" };
}

function file(id, place) {
  return { id, name: `${id}.txt`, path: `/attachments/${id}`, size: 46, uri: `${PUBLIC}${place}/attachments/${id}` };
}

// What an operation tells on /v2/me/chats.
const OPERATIONS = {
  StartContactCenterSession: () => change("StatusChange", "Invited"),
  Accept: () => change("StatusChange", "Chatting"),
  AddAttachment({ documentId }) {
    attachments.push({ ...file(documentId, `/chats/${CHAT}`), mime: "text/plain" });
    return change("PropertiesUpdated", "Chatting");
  },
  UploadFile: ({ documentId }) =>
    log("SystemCommand", {
      noticeText: "file-uploaded",
      attachment: { ...file(documentId, ""), fileId: `009F5790DAD8${String(index).padStart(4, "0")}` },
    }),
  SendMessage: ({ text }) => log("Text", { text }),
};

function tell(data) {
  bayeux.createServerChannel("/v2/me/chats").publish(null, data);
}

function reply(response, status, body) {
  response.writeHead(status, { "Content-Type": "application/json;charset=UTF-8" }).end(JSON.stringify(body));
}

// The client has read what it was told when it polls again.
function whenPolledAgain(act) {
  const [session] = sessions;
  const once = () => { session.removeListener("suspended", once); act(); };
  session.addListener("suspended", once);
}

// The first answer that tells of the document breaks off.
function loseOnce(response) {
  const end = response.end;
  response.end = (content, ...more) => {
    if (!losing || !content?.includes(losing)) return end.call(response, content, ...more);
    losing = "";
    response.write(content.slice(0, content.length / 2), () => response.destroy());
    return response;
  };
}

function logIn(request, response) {
  response.setHeader("Set-Cookie", `${SESSION}; Path=/; HttpOnly`);
  response.setHeader("X-CSRF-HEADER", "X-CSRF-TOKEN").setHeader("X-CSRF-TOKEN", TOKEN);
  reply(response, 200, { statusCode: 0, user: USER });
}

async function operate(request, response) {
  const body = await json(request);
  const data = OPERATIONS[body.operationName]?.(body);
  const sent = body.operationName === "UploadFile" ? body.documentId : "";
  if (sent && sent === options.loses) losing = sent;
  if (sent && sent === options.overtakes) {
    whenPolledAgain(() => reply(response, 200, { statusCode: 0 }));
    tell(data);
  } else {
    if (data) response.on("finish", () => tell(data));
    reply(response, 200, { statusCode: 0 });
  }
}

function handle(request, response) {
  const { headers, method, url } = request;
  const admitted = headers.cookie?.includes(SESSION) && (method === "GET" || headers["x-csrf-token"] === TOKEN);
  if (method === "GET" && url === "/api/v2/me" && headers.authorization?.startsWith("Basic ")) {
    logIn(request, response);
  } else if (!admitted) {
    reply(response, 403, { statusCode: 20, statusMessage: "Access denied" });
  } else if (url.startsWith("/api/v2/notifications")) {
    loseOnce(response);
    bayeux.handle(request, response);
  } else if (method === "POST" && ["/api/v2/me", `/api/v2/me/chats/${CHAT}`].includes(url)) {
    operate(request, response);
  } else {
    reply(response, 404, { statusCode: 6, statusMessage: "Resource not found" });
  }
}

process.stdin.on("data", () => {
  for (const session of sessions) {
    // As its sweeper does with a session that has been silent for too long; there is no public call for it.
    bayeux._removeServerSession(session, true);
    session._flush();
  }
});
process.stdin.on("end", () => process.exit());

const server = http.createServer(handle);
server.listen(0, "127.0.0.1", () => console.log(`ready http://127.0.0.1:${server.address().port}`));
