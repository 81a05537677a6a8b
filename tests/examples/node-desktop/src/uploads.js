// An agent's uploads: a file counts as sent when the notification channel says so, not when the server accepts it.
//
//   const desktop = new Uploads("http://gws.example.com:8090");
//   await desktop.logIn("sofia", "open-sesame");
//   await desktop.listen();
//   await desktop.takeChat("Sofia");
//   const { outcome } = await desktop.upload({ id: "0001PaBMYY3600RC", name: "letter.txt", mime: "text/plain", size: 46 });
//   await desktop.close();
//
// What became of an operation is told by `outcome`:
//   confirmed  the notification came: `told` is what it says
//   refused    the server said no: `statusCode` and `message`; nothing has happened, and the operation may be repeated
//   unheard    accepted, but the notification did not come in time: nobody knows whether the customer has the file

import { EventEmitter } from "node:events";

import { CometD } from "cometd";
import { adapt } from "cometd-nodejs-client";

const CHATS = "/v2/me/chats";

const jars = new Map(); // the cookies of each server: those of the channel are those of the other requests
const jar = (url) => jars.get(new URL(url).origin) ?? new Map();

adapt({
  cookies: {
    storeCookie: (url, header, done) => { keepCookie(url, header); done(); },
    retrieveCookies: (context, url, done) => done(null, [...jar(url).values()]),
  },
});

function keepCookie(url, header) {
  const [pair] = header.split(";");
  jars.set(new URL(url).origin, new Map(jar(url)).set(pair.split("=")[0], pair));
}

export class Uploads {
  files = new Map(); // what the chat shows, by `fileId`: a notification that comes twice is no second file
  handshakes = 0;
  chatId = "";

  #origin;
  #patience;
  #csrf = {};
  #news = new EventEmitter();
  #cometd = new CometD();

  // `patience`: how many milliseconds a notification may take.
  constructor(origin, { patience = 10_000 } = {}) {
    this.#origin = origin;
    this.#patience = patience;
    this.#news.setMaxListeners(0);
  }

  async logIn(userName, password) {
    const credentials = Buffer.from(`${userName}:${password}`).toString("base64");
    const response = await this.#fetch(`${this.#origin}/api/v2/me?subresources=features,devices,channels`, {
      headers: { Authorization: `Basic ${credentials}` },
    });
    if (!response.ok) throw new Error(`${userName} was refused with ${response.status}: ${await response.text()}`);
    const name = response.headers.get("X-CSRF-HEADER");
    if (name) this.#csrf = { [name]: response.headers.get(name) };
  }

  // Until notifications can come. Also after the server has forgotten the session (402) they come again: the client
  // shakes hands by itself then, but the subscription is ours.
  async listen() {
    this.#cometd.unregisterTransport("websocket"); // the API has none
    this.#cometd.unregisterTransport("callback-polling"); // it needs a browser
    this.#cometd.configure({
      url: `${this.#origin}/api/v2/notifications`,
      requestHeaders: this.#csrf,
      backoffIncrement: 100,
      logLevel: "error",
    });
    await new Promise((resolve, reject) => {
      this.#cometd.addListener("/meta/handshake", (answer) => {
        if (!answer.successful) return reject(new Error(`no handshake: ${JSON.stringify(answer)}`));
        this.handshakes += 1;
        this.#cometd.subscribe(CHATS, ({ data }) => this.#hear(data), ({ successful, error }) =>
          successful ? resolve() : reject(new Error(`no subscription to ${CHATS}: ${error}`)),
        );
      });
      this.#cometd.handshake();
    });
  }

  // Takes the next chat; the agent is `nickname` in it.
  async takeChat(nickname) {
    const ready = { operationName: "StartContactCenterSession", channels: ["chat"] };
    const invited = await this.#act("/me", ready, ({ chat }) => chat?.state === "Invited");
    if (invited.outcome !== "confirmed") throw new Error(`no chat: ${JSON.stringify(invited)}`);
    this.chatId = invited.told.chat.id;
    const accepted = await this.#chat("Accept", { nickname }, ({ chat }) => chat?.state === "Chatting");
    if (accepted.outcome !== "confirmed") throw new Error(`the chat is lost: ${JSON.stringify(accepted)}`);
  }

  // Sends a document of the store into the chat: links it, and sends it.
  async upload(document) {
    const linked = await this.link(document);
    return linked.outcome === "confirmed" ? this.send(document.id) : linked;
  }

  link({ id: documentId, name, mime, size }) {
    const isLinked = ({ chat }) => chat?.attachments?.some(({ id }) => id === documentId);
    return this.#chat("AddAttachment", { documentId, name, mime, size }, isLinked);
  }

  // Sends a document that is linked.
  send(documentId, patience = this.#patience) {
    const isSent = (data) => filesOf(data).some(({ id }) => id === documentId);
    return this.#chat("UploadFile", { documentId, uploadType: "standard-response" }, isSent, patience);
  }

  // The file of this name, as soon as the chat shows it; undefined if it does not.
  async file(name) {
    const find = () => [...this.files.values()].find((file) => file.name === name);
    if (!find()) await this.#heard(find, this.#patience).promise;
    return find();
  }

  // The bytes of a file that the chat shows: all of them, or an error.
  async download({ name, uri }) {
    const response = await this.#fetch(uri);
    if (!response.ok) throw new Error(`${name} cannot be had: ${response.status}`);
    try {
      return Buffer.from(await response.arrayBuffer());
    } catch (cause) {
      throw new Error(`${name} broke off on its way`, { cause });
    }
  }

  async close() {
    await new Promise((done) => { this.#cometd.disconnect(done); });
  }

  #chat(operationName, members, wanted, patience) {
    return this.#act(`/me/chats/${this.chatId}`, { operationName, ...members }, wanted, patience);
  }

  // Asks for an operation, and waits for the notification that tells what became of it. It listens before it asks: the
  // notification may come before the reply.
  async #act(path, body, wanted, patience = this.#patience) {
    const heard = this.#heard(wanted, patience);
    try {
      const response = await this.#fetch(`${this.#origin}/api/v2${path}`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(body),
      });
      const { statusCode, statusMessage: message } = await response.json();
      if (statusCode !== 0) return { outcome: "refused", operation: body.operationName, statusCode, message };
      const told = await heard.promise;
      return told ? { outcome: "confirmed", told } : { outcome: "unheard", operation: body.operationName };
    } finally {
      heard.stop();
    }
  }

  // The first notification from now on that is wanted; undefined after so many milliseconds.
  #heard(wanted, patience) {
    let stop;
    const promise = new Promise((resolve) => {
      const listener = (data) => { if (wanted(data)) stop(data); };
      const timer = setTimeout(() => stop(), patience);
      stop = (data) => {
        clearTimeout(timer);
        this.#news.off("told", listener);
        resolve(data);
      };
      this.#news.on("told", listener);
    });
    return { promise, stop: () => stop() };
  }

  #hear(data) {
    for (const file of filesOf(data)) this.files.set(file.fileId, file);
    this.#news.emit("told", data);
  }

  async #fetch(url, { headers, ...more } = {}) {
    const cookies = [...jar(url).values()].join("; ");
    const response = await fetch(url, { ...more, headers: { ...this.#csrf, ...(cookies && { Cookie: cookies }), ...headers } });
    for (const header of response.headers.getSetCookie()) keepCookie(url, header);
    return response;
  }
}

// The files that a notification shows in the chat.
function filesOf({ messages = [] }) {
  return messages.filter(({ noticeText }) => noticeText === "file-uploaded").map(({ attachment }) => attachment ?? {});
}
