// masto.js against a running server: node masto_js.cjs ADDRESS. Follows streams over one socket; prints a transcript.
const { createRequire } = require("node:module")
const { createRestAPIClient, createStreamingAPIClient } = createRequire(`${process.env.NODE_CLIENTS}/`)("masto")
const { logIn, newApp, say, within } = require("./node_login.cjs")

async function main(address) {
  const app = await newApp(address)
  const [alice, bob] = await Promise.all(["alice", "bob"].map((name) => logIn(address, app, name)))
  const [asAlice, asBob] = [alice, bob].map((accessToken) => createRestAPIClient({ url: address, accessToken }))
  const me = await asAlice.v1.accounts.verifyCredentials()
  const { configuration } = await asAlice.v2.instance.fetch()
  const streaming = createStreamingAPIClient({ streamingApiUrl: configuration.urls.streaming, accessToken: alice })

  const streams = {
    user: streaming.user.subscribe(),
    local: streaming.public.local.subscribe(),
    hashtag: streaming.hashtag.subscribe({ tag: "mastojs" }),
    direct: streaming.direct.subscribe(),
  }
  const next = (name) => within(streams[name][Symbol.asyncIterator]().next()).then(({ value }) => value)
  const waiting = { local: next("local"), hashtag: next("hashtag") }
  // A subscription is sent when somebody listens; it is there when what follows it is answered.
  await new Promise((done) => setTimeout(done, 1500))

  const status = await asBob.v1.statuses.create({ status: "hello #mastojs", visibility: "public" })
  for (const [name, coming] of Object.entries(waiting)) {
    const event = await coming
    if (event.event !== "update" || event.payload.id !== status.id) throw new Error(`${name}: ${JSON.stringify(event)}`)
    say(name, `${event.event} ${event.stream.join(" ")}`)
  }
  const more = { user: next("user"), direct: next("direct") }
  await new Promise((done) => setTimeout(done, 1500))
  const direct = await asBob.v1.statuses.create({ status: `@${me.username} psst`, visibility: "direct" })
  const notified = await more.user
  if (!["notification", "update"].includes(notified.event)) throw new Error(JSON.stringify(notified))
  say("user", notified.event)
  const moved = await more.direct
  const last = moved.event === "conversation" ? moved.payload.lastStatus.id : moved.payload.id
  if (last !== direct.id) throw new Error(JSON.stringify(moved))
  say("direct", moved.event)

  const gone = next("local")
  await asBob.v1.statuses.$select(status.id).remove()
  const deleted = await gone
  if (deleted.event !== "delete" || deleted.payload !== status.id) throw new Error(JSON.stringify(deleted))
  say("local", `${deleted.event} ${deleted.payload}`)
  streaming.close()
}

main(process.argv[2]).then(() => process.exit(0), (error) => { console.error(error); process.exit(1) })
