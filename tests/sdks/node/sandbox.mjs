// What the scripts beside this share: the sandbox's address and its controls, and telling the test what was seen.
import { writeFileSync } from 'node:fs'

export const [base, folder] = process.argv.slice(2)

export const tell = (name, value) => console.log(JSON.stringify([name, value]))

export const save = (name, bytes) => writeFileSync(`${folder}/${name}`, bytes)

export const bytes = async (url) => new Uint8Array(await (await fetch(url)).arrayBuffer())

// Run with a fault set, and forget everything afterwards.
export async function broken(provider, fault, run) {
  const asked = { method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify(fault) }
  await fetch(`${base}/_sandbox/faults/${provider}`, asked)
  try {
    return await refused(run)
  } finally {
    await fetch(`${base}/_sandbox/reset`, { method: 'POST' })
  }
}

export async function refused(run) {
  try {
    return { answered: await run() }
  } catch (error) {
    return { error: error.name, message: error.message, code: error.code }
  }
}
