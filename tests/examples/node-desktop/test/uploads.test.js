import assert from "node:assert/strict";
import test from "node:test";

import { Uploads } from "../src/uploads.js";
import { withStub } from "./stubs.js";

// Documents of the recording: ids are those that were recorded.
const LETTER = { id: "0001PaBMYY3600RC", name: "testfileUploadAgent.txt", mime: "text/plain", size: 46 };
const PRICES = { id: "0001PaBMYY3600RD", name: "price-list.pdf", mime: "application/pdf", size: 60 };
const PHOTO = { name: "router-lights.png", size: 69 }; // the customer's

// A test with an agent in the middle of a chat.
function inChat(act, wanted) {
  return withStub(async (stub) => {
    const desktop = new Uploads(stub.url);
    await desktop.logIn("sofia", "any password");
    await desktop.listen();
    try {
      await desktop.takeChat("Sofia");
      await act(desktop, stub);
    } finally {
      await desktop.close();
    }
  }, wanted);
}

// The ids of the files that the chat shows, each as often as it does; the customer sends some, too.
const shown = (desktop, ...ids) => [...desktop.files.values()].map(({ id }) => id).filter((id) => ids.includes(id));
const outcomeOf = ({ outcome, operation, statusCode, message }) => ({ outcome, operation, statusCode, message });
const confirmed = { outcome: "confirmed", operation: undefined, statusCode: undefined, message: undefined };

test("a file is sent when the chat shows it", inChat(async (desktop, stub) => {
  assert.deepEqual(outcomeOf(await desktop.upload(LETTER)), confirmed);
  const { id, name, size, uri } = await desktop.file(LETTER.name);
  assert.deepEqual({ id, name, size }, { id: LETTER.id, name: LETTER.name, size: LETTER.size });
  assert.equal(uri, `${stub.url}/api/v2/attachments/${LETTER.id}`);
}));

test("a refused file can be sent again", inChat(async (desktop, stub) => {
  await stub.arm({ fault: "refuse", operation: "UploadFile", status_code: 3 });
  const refused = { outcome: "refused", operation: "UploadFile", statusCode: 3, message: "operation forbidden" };
  assert.deepEqual(outcomeOf(await desktop.upload(LETTER)), refused);
  assert.deepEqual(shown(desktop, LETTER.id), []);
  assert.deepEqual(outcomeOf(await desktop.send(LETTER.id)), confirmed);
  assert.deepEqual(shown(desktop, LETTER.id), [LETTER.id]);
}));

test("a document that is not linked is not sent", inChat(async (desktop, stub) => {
  await stub.arm({ fault: "refuse", operation: "AddAttachment", status_code: 6 });
  const { outcome, operation, statusCode } = await desktop.upload(LETTER);
  assert.deepEqual([outcome, operation, statusCode], ["refused", "AddAttachment", 6]);
  const { entries } = await stub.journal();
  assert.deepEqual(entries.filter(({ fault }) => fault).map(({ fault }) => fault), ["refuse"]);
}));

test("an accepted file of which nobody hears is not told to be sent", inChat(async (desktop, stub) => {
  await stub.arm({ fault: "lose_notification", operation: "UploadFile" });
  assert.deepEqual(outcomeOf(await desktop.link(LETTER)), confirmed);
  const unheard = { outcome: "unheard", operation: "UploadFile", statusCode: undefined, message: undefined };
  assert.deepEqual(outcomeOf(await desktop.send(LETTER.id, 300)), unheard);
  assert.deepEqual(shown(desktop, LETTER.id), []);
}));

test("a notification that comes late is waited for", inChat(async (desktop, stub) => {
  await stub.arm({ fault: "delay", operation: "UploadFile", seconds: 0.3 });
  assert.deepEqual(outcomeOf(await desktop.upload(LETTER)), confirmed);
}));

test("a notification that comes twice is one file", inChat(async (desktop, stub) => {
  await stub.arm({ fault: "repeat", operation: "UploadFile" });
  assert.deepEqual(outcomeOf(await desktop.upload(LETTER)), confirmed);
  assert.deepEqual(outcomeOf(await desktop.upload(PRICES)), confirmed); // by now it has come for the second time
  assert.deepEqual(shown(desktop, LETTER.id, PRICES.id), [LETTER.id, PRICES.id]);
}));

test("a notification that comes before the reply is heard", inChat(async (desktop, stub) => {
  assert.deepEqual(outcomeOf(await desktop.link(LETTER)), confirmed);
  await stub.arm({ fault: "before_reply", operation: "UploadFile" }); // meanwhile the client polls again
  assert.deepEqual(outcomeOf(await desktop.send(LETTER.id)), confirmed);
}));

test("who was forgotten by the server shakes hands again, and hears the rest", inChat(async (desktop, stub) => {
  assert.equal(desktop.handshakes, 1);
  await stub.arm({ fault: "expire_session" });
  assert.deepEqual(outcomeOf(await desktop.upload(LETTER)), confirmed);
  assert.equal(desktop.handshakes, 2);
}));

test("a download that breaks off is no file", inChat(async (desktop, stub) => {
  await desktop.upload(LETTER); // the customer sends a photo then
  const photo = await desktop.file(PHOTO.name);
  await stub.arm({ fault: "cut_download", at: 20 });
  await assert.rejects(desktop.download(photo), { message: "router-lights.png broke off on its way" });
  const content = await desktop.download(photo);
  assert.deepEqual([content.length, content.toString("latin1", 1, 4)], [PHOTO.size, "PNG"]);
}));
