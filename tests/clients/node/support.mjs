// Starts the built server on a free port, and says requests and answers shortly.

import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { after } from "node:test";

import { v1 } from "@authzed/authzed-node";

export const KEY = "a-key-for-tests";
export const SCHEMA = `
definition user {}

caveat in_tier(tier string, tiers list<string>) {
	tier in tiers
}

definition group {
	relation member: user | group#member
}

definition agent {
	relation owner: user | user with in_tier
	relation viewer: user | user:* | group#member
	relation banned: user
	relation parent: agent
	permission read = owner + viewer + parent->read
	permission see = viewer - banned
}
`;
export const FULLY_CONSISTENT = v1.Consistency.create({
  requirement: { oneofKind: "fullyConsistent", fullyConsistent: true },
});

// Long enough for a busy machine; a start takes a fraction of a second.
const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 30_000;
const READY = /arrowroot ready grpc=\S+:(\d+) /;

/** A running server over an empty store of its own, with a client; both end with the tests of the file. */
export async function start(schema = SCHEMA) {
  const directory = mkdtempSync(path.join(tmpdir(), "arrowroot-test-"));
  const flags = ["--grpc-addr", "127.0.0.1:0", "--grpc-preshared-key", KEY];
  const command = ["serve", ...flags, "--datastore-path", path.join(directory, "data")];
  const process_ = spawn(binary(), command, { stdio: ["ignore", "pipe", "ignore"] });
  const port = await portOf(process_);
  // The client sends its key over plain text to an endpoint of this very name only.
  const endpoint = `localhost:${port}`;
  const client = v1.NewClient(KEY, endpoint, v1.ClientSecurity.INSECURE_LOCALHOST_ALLOWED);
  after(async () => {
    client.close();
    await stop(process_);
    rmSync(directory, { recursive: true, force: true });
  });
  if (schema) {
    await client.promises.writeSchema(v1.WriteSchemaRequest.create({ schema }));
  }
  return { client, promises: client.promises, endpoint };
}

function binary() {
  if (!process.env.ARROWROOT_BINARY) {
    throw new Error("ARROWROOT_BINARY must name the built arrowroot");
  }
  execFileSync(process.env.ARROWROOT_BINARY, ["version"]);
  return process.env.ARROWROOT_BINARY;
}

async function portOf(process_) {
  const timer = setTimeout(() => process_.kill("SIGKILL"), START_TIMEOUT_MS);
  for await (const line of createInterface({ input: process_.stdout })) {
    const ready = READY.exec(line);
    if (ready) {
      clearTimeout(timer);
      return ready[1];
    }
  }
  throw new Error("the server never said that it is ready");
}

function stop(process_) {
  const timer = setTimeout(() => process_.kill("SIGKILL"), STOP_TIMEOUT_MS);
  return new Promise((resolve) => {
    process_.once("exit", () => {
      clearTimeout(timer);
      resolve();
    });
    process_.kill("SIGTERM");
  });
}

/** `agent:planner` as a reference. */
export function object(text) {
  const [objectType, objectId] = text.split(":");
  return v1.ObjectReference.create({ objectType, objectId });
}

/** `user:ana`, or `group:eng#member`. */
export function subject(text) {
  const [of, optionalRelation = ""] = text.split("#");
  return v1.SubjectReference.create({ object: object(of), optionalRelation });
}

/** `agent:planner#owner@user:ana`, perhaps with a caveat: its name and its context. */
export function relationship(text, caveatName, context) {
  const [, resource, relation, who] = /^(.*?)#(.*?)@(.*)$/.exec(text);
  const row = v1.Relationship.create({ resource: object(resource), relation, subject: subject(who) });
  if (caveatName) {
    row.optionalCaveat = v1.ContextualizedCaveat.create({ caveatName, context: v1.PbStruct.fromJson(context) });
  }
  return row;
}

/** The text of a relationship. */
export function textOf(row) {
  const { object: who, optionalRelation } = row.subject;
  const relation = optionalRelation ? `#${optionalRelation}` : "";
  return `${row.resource.objectType}:${row.resource.objectId}#${row.relation}@${who.objectType}:${who.objectId}${relation}`;
}

/** A request that creates, touches or deletes relationships. */
export function writing(operation, ...rows) {
  const updates = rows.map((row) =>
    v1.RelationshipUpdate.create({
      operation: v1.RelationshipUpdate_Operation[operation],
      relationship: typeof row === "string" ? relationship(row) : row,
    }),
  );
  return v1.WriteRelationshipsRequest.create({ updates });
}

/** The request that `agent:planner#read@user:ana` stands for. */
export function checking(text, more = {}) {
  const { resource, relation: permission, subject: who } = relationship(text);
  return v1.CheckPermissionRequest.create({
    consistency: FULLY_CONSISTENT,
    resource,
    permission,
    subject: who,
    ...more,
  });
}

/** A filter by type, and perhaps more. */
export function filtering(resourceType, more = {}) {
  return v1.RelationshipFilter.create({ resourceType, ...more });
}

/** A call with a callback as a promise. */
export function called(client, name, request) {
  return new Promise((resolve, reject) => {
    client[name](request, (error, response) => (error ? reject(error) : resolve(response)));
  });
}

/** Every response of a stream. */
export function streamed(client, name, request) {
  return new Promise((resolve, reject) => {
    const found = [];
    const stream = client[name](request);
    stream.on("data", (response) => found.push(response));
    stream.on("error", reject);
    stream.on("end", () => resolve(found));
  });
}

/** Sends batches into a stream; what the server answers. */
export function sent(client, name, requests) {
  return new Promise((resolve, reject) => {
    const stream = client[name]((error, response) => (error ? reject(error) : resolve(response)));
    stream.on("error", reject);
    for (const request of requests) {
      stream.write(request);
    }
    stream.end();
  });
}

/** The first responses of a stream that has no end. */
export function first(client, name, request, count) {
  return new Promise((resolve, reject) => {
    const found = [];
    const stream = client[name](request);
    stream.on("data", (response) => {
      found.push(response);
      if (found.length === count) {
        stream.cancel();
        resolve(found);
      }
    });
    // Canceling is reported as an error, too, after which nothing waits.
    stream.on("error", reject);
  });
}
