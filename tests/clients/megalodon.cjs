// megalodon against a running server: node megalodon.cjs ADDRESS. Follows streams as it does of Pleroma servers.
const { createRequire } = require("node:module")
const { default: generator } = createRequire(`${process.env.NODE_CLIENTS}/`)("megalodon")
const { logIn, newApp, say, within } = require("./node_login.cjs")

function once(stream, event) {
  return within(new Promise((done) => stream.once(event, done)))
}

// Listens before anything can have come.
async function opened(making) {
  const stream = await making
  await once(stream, "connect")
  return stream
}

async function main(address) {
  const app = await newApp(address)
  const [alice, bob] = await Promise.all(["alice", "bob"].map((name) => logIn(address, app, name)))
  const [asAlice, asBob] = [alice, bob].map((token) => generator("pleroma", address, token))
  const me = (await asAlice.verifyAccountCredentials()).data
  const [user, local, tag] = await Promise.all(
    [asAlice.userStreaming(), asAlice.localStreaming(), asAlice.tagStreaming("megalodon")].map(opened))
  say("streams", "connected")

  const coming = [once(local, "update"), once(tag, "update"), once(user, "notification")]
  const status = (await asBob.postStatus(`@${me.username} look #megalodon`, { visibility: "public" })).data
  const [shown, tagged, notified] = await Promise.all(coming)
  if (shown.id !== status.id || tagged.id !== status.id) throw new Error(`${shown.id} ${tagged.id}`)
  if (notified.type !== "mention" || notified.status.id !== status.id) throw new Error(JSON.stringify(notified))
  say("local, tag, user", `update, update, ${notified.type}`)

  const gone = once(local, "delete")
  await asBob.deleteStatus(status.id)
  if (String(await gone) !== status.id) throw new Error(`not deleted: ${await gone}`)
  say("local", "delete")
  for (const stream of [user, local, tag]) stream.stop()
}

main(process.argv[2]).then(() => process.exit(0), (error) => { console.error(error); process.exit(1) })
