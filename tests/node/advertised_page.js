// The page of an agent's desktop: everything that it knows of the server but the login comes from the server itself.
//
// `work(content)` logs in, listens, takes a chat, sends a file, and fetches it from the addresses that it is told.

import { CometD } from "/desk/node_modules/cometd/cometd.js";

const api = new URLSearchParams(location.search).get("api") ?? location.origin;
const CHATS = "/v2/me/chats";
const csrf = {};
const inbox = [];
let told = () => {};

async function ask(method, url, options = {}) {
  const headers = { ...csrf, ...options.headers };
  const response = await fetch(url, { method, credentials: "include", ...options, headers });
  const name = response.headers.get("X-CSRF-HEADER");
  if (name) csrf[name] = response.headers.get(name);
  if (!response.ok) throw new Error(`${method} ${url}: ${response.status}`);
  return response;
}

const post = (url, body) =>
  ask("POST", url, { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });

// The next notification that gives something.
async function next(found) {
  for (;;) {
    const place = inbox.findIndex(found);
    if (place >= 0) return found(inbox.splice(place, 1)[0]);
    await new Promise((resolve) => { told = resolve; });
  }
}

async function listen() {
  const cometd = new CometD();
  for (const type of cometd.getTransportTypes()) if (type !== "long-polling") cometd.unregisterTransport(type);
  cometd.configure({ url: `${api}/api/v2/notifications`, requestHeaders: csrf, backoffIncrement: 1 });
  const shaken = await new Promise((resolve) => cometd.handshake(resolve));
  if (!shaken.successful) throw new Error(`no handshake: ${JSON.stringify(shaken)}`);
  await new Promise((resolve) => {
    cometd.subscribe(CHATS, ({ data }) => { inbox.push(data); told(); }, resolve);
  });
  return cometd;
}

async function fetched(address) {
  return [...new Uint8Array(await (await ask("GET", address)).arrayBuffer())];
}

window.work = async (content) => {
  const followed = [];
  await ask("GET", `${api}/api/v2/me`, { headers: { Authorization: `Basic ${btoa("sofia:open-sesame")}` } });
  const cometd = await listen();
  await post(`${api}/api/v2/me`, { operationName: "StartContactCenterSession", channels: ["chat"] });
  const chat = await next((data) => data.chat?.state === "Invited" && data.chat.id);
  try {
    const mine = `${api}/api/v2/me/chats/${chat}`;
    await post(mine, { operationName: "Accept", nickname: "Sofia" });
    await next((data) => data.chat?.state === "Chatting");
    const form = new FormData();
    form.append("attachment", new Blob([new Uint8Array(content)]), "bytes.bin");
    await ask("POST", `${mine}/attachments`, { body: form });
    const linked = await next((data) => data.chat?.attachments?.[0]);
    followed.push({ address: linked.uri, content: await fetched(linked.uri) });
    await post(mine, { operationName: "UploadFile", documentId: linked.id, uploadType: "standard-response" });
    const sent = await next((data) => data.messages?.find((line) => line.attachment?.id === linked.id)?.attachment);
    followed.push({ address: sent.uri, content: await fetched(sent.uri) });
  } catch (error) {
    return { followed, error: `${error}` };
  } finally {
    cometd.disconnect();
  }
  return { followed };
};
