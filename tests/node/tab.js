// A tab of an agent's desktop with the official CometD client, whatever its version, in Node.js or in a page.

// Tells `report` what it sends, what it is told, and by which transport. Of `transports` it keeps those that are named;
// to `topics` it subscribes in a batch whenever it has shaken hands. The other options are the client's own.
export function tab({ CometD, AckExtension }, report, { transports, topics, ack, ...options }) {
  const cometd = new CometD();
  for (const type of cometd.getTransportTypes()) if (!transports.includes(type)) cometd.unregisterTransport(type);
  cometd.configure(options);
  // Registered first, it sees what comes before any other extension does, and what leaves after all of them.
  cometd.registerExtension("witness", {
    incoming(message) {
      report({ told: message });
    },
    outgoing(message) {
      report({ sent: message });
    },
  });
  if (ack) cometd.registerExtension("ack", new AckExtension());
  cometd.onTransportException = (failure, from, to) => report({ transport: { from, to } });
  // Also after a session that the server has forgotten: the client shakes hands again, but does not subscribe again.
  cometd.addListener("/meta/handshake", ({ successful }) => {
    if (successful) cometd.batch(() => topics.forEach((topic) => cometd.subscribe(topic, () => {})));
  });
  cometd.handshake();
  return cometd;
}

// Does what the lines of stdin say, one JSON object a line: {name of the deed: its argument}.
export async function obey(lines, deeds) {
  for await (const line of lines) {
    const [[name, argument]] = Object.entries(JSON.parse(line));
    deeds[name](argument); // the next line may be about what this one waits for
  }
}
