// What the clients for Node.js share: logging in, waiting, a line of the transcript.
async function post(address, path, values) {
  const response = await fetch(address + path, { method: "POST", body: new URLSearchParams(values) })
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
  return response.json()
}

exports.newApp = (address) =>
  post(address, "/api/v1/apps", {
    client_name: "node", redirect_uris: "urn:ietf:wg:oauth:2.0:oob", scopes: "read write follow",
  })

exports.logIn = async (address, { client_id, client_secret }, username) => {
  const values = { grant_type: "password", username, password: "secret", scope: "read write follow" }
  return (await post(address, "/oauth/token", { ...values, client_id, client_secret })).access_token
}

exports.within = (promise, seconds = 20) => {
  let timer
  const late = new Promise((_, fail) => {
    timer = setTimeout(() => fail(new Error(`nothing came within ${seconds} seconds`)), 1000 * seconds)
  })
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}

exports.say = (step, result) => console.log(step.padEnd(20), result)
