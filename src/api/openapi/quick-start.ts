// The quick start of /api/docs: a whole program for Node and one for Python, which run as they stand.

const node = (baseUrl: string) => `const { EMAIL, PASSWORD, HANDLE, APP_PASSWORD } = process.env
const ask = async (path, token, body) => fetch('${baseUrl}/api' + path, {
  method: body ? 'POST' : 'GET', body: body && JSON.stringify(body),
  headers: { 'Content-Type': 'application/json', ...(token && { Authorization: 'Bearer ' + token }) } })
const token = (await ask('/auth/sign-in/email', '', { email: EMAIL, password: PASSWORD })).headers.get('set-auth-token')
let channel = await (await ask('/channels/bluesky', token, { identifier: HANDLE, appPassword: APP_PASSWORD })).json()
while (['connecting', 'verifying'].includes(channel.status)) {
  await new Promise((resolve) => setTimeout(resolve, 500))
  channel = await (await ask('/channels/' + channel.id, token)).json() }
console.log(channel.status, channel.outcome ?? channel)`

const python = (baseUrl: string) => `import json, os, time, urllib.request
def ask(path, token='', body=None):
    headers = {'Content-Type': 'application/json', 'Authorization': 'Bearer ' + token} if token else {'Content-Type': 'application/json'}
    return urllib.request.urlopen(urllib.request.Request('${baseUrl}/api' + path, body and json.dumps(body).encode(), headers))
token = ask('/auth/sign-in/email', '', {'email': os.environ['EMAIL'], 'password': os.environ['PASSWORD']}).headers['set-auth-token']
channel = json.load(ask('/channels/bluesky', token, {'identifier': os.environ['HANDLE'], 'appPassword': os.environ['APP_PASSWORD']}))
while channel['status'] in ('connecting', 'verifying'):
    time.sleep(0.5)
    channel = json.load(ask('/channels/' + channel['id'], token))
print(channel['status'], channel['outcome'] or channel)`

export const quickStart = (baseUrl: string) => `## Quick start

Signs in, connects an account and waits for the outcome. Both run as they stand, without any package: with \`EMAIL\` and
\`PASSWORD\` of your account here, and \`HANDLE\` and \`APP_PASSWORD\` of the Bluesky account, in the environment.

Node (\`node quick-start.mjs\`):

\`\`\`js
${node(baseUrl)}
\`\`\`

Python (\`python3 quick-start.py\`):

\`\`\`python
${python(baseUrl)}
\`\`\`
`
