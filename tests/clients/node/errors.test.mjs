// How calls fail: with a code, and with the reason in the status's details.

import assert from "node:assert/strict";
import { test } from "node:test";

import { v1 } from "@authzed/authzed-node";
import { status } from "@grpc/grpc-js";

import { FULLY_CONSISTENT, checking, filtering, start, subject, writing } from "./support.mjs";

const { promises, endpoint } = await start();
const { FAILED_PRECONDITION, INVALID_ARGUMENT, ALREADY_EXISTS, PERMISSION_DENIED } = status;

await promises.writeRelationships(writing("TOUCH", "agent:a#owner@user:ana"));

const read = (more) => v1.ReadRelationshipsRequest.create({ consistency: FULLY_CONSISTENT, ...more });
const look = (text, more = {}) => {
  const [resourceObjectType, permission, who] = text.split(" ");
  const asked = { consistency: FULLY_CONSISTENT, resourceObjectType, permission, subject: subject(who), ...more };
  return v1.LookupResourcesRequest.create(asked);
};

for (const [name, request, code, reason] of [
  ["writeSchema", v1.WriteSchemaRequest.create({ schema: "definition user" }), INVALID_ARGUMENT, "SCHEMA_PARSE_ERROR"],
  ["checkPermission", checking("robot:r#read@user:ana"), FAILED_PRECONDITION, "UNKNOWN_DEFINITION"],
  ["checkPermission", checking("agent:a#fly@user:ana"), FAILED_PRECONDITION, "UNKNOWN_RELATION_OR_PERMISSION"],
  ["checkPermission", checking("agent:a#read@user:*"), INVALID_ARGUMENT, "WILDCARD_NOT_ALLOWED"],
  ["writeRelationships", writing("CREATE", "agent:a#owner@user:ana"), ALREADY_EXISTS, "ATTEMPT_TO_RECREATE_RELATIONSHIP"],
  ["writeRelationships", writing("TOUCH", "agent:a#read@user:ana"), INVALID_ARGUMENT, "CANNOT_UPDATE_PERMISSION"],
  ["readRelationships", read({ relationshipFilter: filtering("robot") }), FAILED_PRECONDITION, "UNKNOWN_DEFINITION"],
  ["lookupResources", look("agent read user:*"), INVALID_ARGUMENT, "WILDCARD_NOT_ALLOWED"],
  ["lookupResources", look("agent read user:ana", { optionalLimit: 1001 }), INVALID_ARGUMENT, "EXCEEDS_MAXIMUM_ALLOWABLE_LIMIT"],
]) {
  test(`${name} fails with ${reason}`, async () => {
    const error = await promises[name](request).then(
      () => assert.fail("it did not fail"),
      (error) => error,
    );
    assert.equal(error.code, code, error.details);
    const [details] = error.metadata.get("grpc-status-details-bin");
    // The reason is a string in the encoded status, which no package of the client decodes.
    assert.ok(details.includes(`ERROR_REASON_${reason}`), details.toString());
  });
}

test("a wrong key is denied", async () => {
  const stranger = v1.NewClient("wrong", endpoint, v1.ClientSecurity.INSECURE_LOCALHOST_ALLOWED);
  const refused = stranger.promises.checkPermission(checking("agent:a#read@user:ana"));
  await assert.rejects(refused, { code: PERMISSION_DENIED });
  stranger.close();
});
