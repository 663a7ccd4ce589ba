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
  // One iterator for each stream, kept: what comes between two questions waits in it, and a new one would not have it.
  const events = Object.fromEntries(Object.entries(streams).map(([name, stream]) => [name, stream[Symbol.asyncIterator]()]))
  const next = async (name) => {
    const { value } = await within(events[name].next())
    say(name, `${value.event} ${value.stream.join(" ")}`)
    return value
  }
  // A subscription is sent when somebody listens, and nothing says when it is there: what it shows comes again until then.
  const until = async (coming, write) => {
    const ids = []
    let came = false
    const all = Promise.all(coming).finally(() => { came = true })
    while (!came) {
      ids.push((await write()).id)
      await Promise.race([all, new Promise((done) => setTimeout(done, 2000))])
    }
    return [await all, ids]
  }

  const open = () => asBob.v1.statuses.create({ status: "hello #mastojs", visibility: "public" })
  const [shown, ids] = await until([next("local"), next("hashtag")], open)
  for (const { event, payload } of shown) {
    if (event !== "update" || !ids.includes(payload.id)) throw new Error(`${event} ${payload.id}`)
  }
  const whisper = () => asBob.v1.statuses.create({ status: `@${me.username} psst`, visibility: "direct" })
  const [[notified, moved], whispered] = await until([next("user"), next("direct")], whisper)
  if (!["notification", "update"].includes(notified.event)) throw new Error(notified.event)
  const last = moved.event === "conversation" ? moved.payload.lastStatus.id : moved.payload.id
  if (!whispered.includes(last)) throw new Error(`${moved.event} ${last}`)

  await asBob.v1.statuses.$select(ids[0]).remove()
  let event = await next("local")
  while (event.event !== "delete") event = await next("local")
  if (event.payload !== ids[0]) throw new Error(`not deleted: ${event.payload}`)
  streaming.close()

  const filter = await asAlice.v2.filters.create({
    title: "Spoilers", context: ["home"], filterAction: "warn", keywordsAttributes: [{ keyword: "spoiler", wholeWord: true }],
  })
  const post = await asBob.v1.statuses.create({ status: "a spoiler" })
  const { filtered } = await asAlice.v1.statuses.$select(post.id).fetch()
  if (filtered.length !== 1 || filtered[0].keywordMatches[0] !== "spoiler") throw new Error(JSON.stringify(filtered))
  await asAlice.v2.filters.$select(filter.id).remove()
  const edited = await asBob.v1.statuses.$select(post.id).update({ status: "edited" })
  const history = await asAlice.v1.statuses.$select(post.id).history.list()
  if (history.length !== 2 || history[1].createdAt !== edited.editedAt) throw new Error(JSON.stringify(history))
  say("filters, edits", edited.editedAt)
}

main(process.argv[2]).then(() => process.exit(0), (error) => { console.error(error); process.exit(1) })
