// Every call that the client has, by promises and, where they are something else, by callbacks and streams.

import assert from "node:assert/strict";
import { test } from "node:test";

import { v1 } from "@authzed/authzed-node";

import {
  FULLY_CONSISTENT,
  SCHEMA,
  called,
  checking,
  filtering,
  first,
  object,
  relationship,
  sent,
  start,
  streamed,
  subject,
  textOf,
  writing,
} from "./support.mjs";

const HAS = v1.CheckPermissionResponse_Permissionship.HAS_PERMISSION;
const NO = v1.CheckPermissionResponse_Permissionship.NO_PERMISSION;
const CONDITIONAL = v1.CheckPermissionResponse_Permissionship.CONDITIONAL_PERMISSION;
const at = { consistency: FULLY_CONSISTENT };

const { client, promises } = await start();
const written = await promises.writeRelationships(
  writing(
    "CREATE",
    "agent:a#owner@user:ana",
    "agent:b#parent@agent:a",
    "agent:c#viewer@user:*",
    "agent:c#banned@user:ben",
    "agent:d#viewer@group:eng#member",
    "group:eng#member@user:eve",
    relationship("agent:paid#owner@user:ana", "in_tier", { tiers: ["pro"] }),
  ),
);

test("the schema is read as it was written", async () => {
  const answer = await promises.readSchema(v1.ReadSchemaRequest.create());
  assert.equal(answer.schemaText, SCHEMA);
  assert.ok(answer.readAt.token);
  assert.equal((await called(client, "readSchema", v1.ReadSchemaRequest.create())).schemaText, SCHEMA);
});

test("a write is seen at its token, and not before", async () => {
  const before = written.writtenAt;
  const later = await promises.writeRelationships(writing("TOUCH", "agent:later#owner@user:ana"));
  for (const [token, expected] of [
    [before, NO],
    [later.writtenAt, HAS],
  ]) {
    const consistency = v1.Consistency.create({
      requirement: { oneofKind: "atExactSnapshot", atExactSnapshot: token },
    });
    const answer = await promises.checkPermission(checking("agent:later#read@user:ana", { consistency }));
    assert.equal(answer.permissionship, expected);
  }
  await promises.writeRelationships(writing("DELETE", "agent:later#owner@user:ana"));
});

test("checks are answered", async () => {
  for (const [text, expected] of [
    ["agent:b#read@user:ana", HAS],
    ["agent:b#read@user:ben", NO],
    ["agent:c#see@user:anybody", HAS],
    ["agent:c#see@user:ben", NO],
    ["agent:d#read@group:eng#member", HAS],
    ["agent:paid#read@user:ana", CONDITIONAL],
  ]) {
    const answer = await promises.checkPermission(checking(text));
    assert.equal(answer.permissionship, expected, text);
    assert.equal((await called(client, "checkPermission", checking(text))).permissionship, expected, text);
  }
});

test("a context decides", async () => {
  const missing = await promises.checkPermission(checking("agent:paid#read@user:ana"));
  assert.deepEqual(missing.partialCaveatInfo.missingRequiredContext, ["tier"]);
  for (const [tier, expected] of [
    ["pro", HAS],
    ["free", NO],
  ]) {
    const context = v1.PbStruct.fromJson({ tier });
    const answer = await promises.checkPermission(checking("agent:paid#read@user:ana", { context }));
    assert.equal(answer.permissionship, expected);
  }
});

test("a trace begins with the question", async () => {
  const { debugTrace } = await promises.checkPermission(checking("agent:b#read@user:ana", { withTracing: true }));
  assert.deepEqual(debugTrace.check.resource, object("agent:b"));
  assert.equal(debugTrace.check.permission, "read");
  assert.match(debugTrace.schemaUsed, /definition agent/);
});

test("bulks are answered in order, under both names", async () => {
  const texts = ["agent:a#read@user:ana", "agent:a#read@user:ben", "robot:r#read@user:ana"];
  const items = texts.map((text) => {
    const { resource, permission, subject: who } = checking(text);
    return { resource, permission, subject: who };
  });
  const stable = v1.CheckBulkPermissionsRequest.create({ ...at, items });
  const former = v1.BulkCheckPermissionRequest.create({ ...at, items });
  for (const answer of [await promises.checkBulkPermissions(stable), await promises.bulkCheckPermission(former)]) {
    const kinds = answer.pairs.map((pair) => pair.response.oneofKind);
    assert.deepEqual(kinds, ["item", "item", "error"]);
    assert.equal(answer.pairs[0].response.item.permissionship, HAS);
    assert.equal(answer.pairs[1].response.item.permissionship, NO);
    assert.equal(answer.pairs[2].response.error.code, 9);
  }
});

test("a permission has a tree", async () => {
  const request = v1.ExpandPermissionTreeRequest.create({ ...at, resource: object("agent:c"), permission: "see" });
  const { treeRoot } = await promises.expandPermissionTree(request);
  assert.equal(treeRoot.expandedRelation, "see");
  const { operation, children } = treeRoot.treeType.intermediate;
  assert.equal(operation, v1.AlgebraicSubjectSet_Operation.EXCLUSION);
  const leaves = children.map((child) => child.treeType.leaf.subjects.map((one) => one.object.objectId));
  assert.deepEqual(leaves, [["*"], ["ben"]]);
});

test("relationships are read by filters and pages", async () => {
  const request = v1.ReadRelationshipsRequest.create({ ...at, relationshipFilter: filtering("agent") });
  const whole = (await promises.readRelationships(request)).map((one) => textOf(one.relationship));
  assert.equal(whole.length, 6);
  const found = [];
  let optionalCursor;
  for (;;) {
    const page = await streamed(client, "readRelationships", { ...request, optionalLimit: 2, optionalCursor });
    if (page.length === 0) {
      break;
    }
    assert.ok(page.length <= 2);
    found.push(...page.map((one) => textOf(one.relationship)));
    optionalCursor = page.at(-1).afterResultCursor;
  }
  assert.deepEqual(found, whole);
});

test("resources are looked up, whole and in pages", async () => {
  const request = v1.LookupResourcesRequest.create({
    ...at,
    resourceObjectType: "agent",
    permission: "read",
    subject: subject("user:ana"),
  });
  const answers = await promises.lookupResources(request);
  const certain = new Map(answers.map((one) => [one.resourceObjectId, one.permissionship]));
  const { HAS_PERMISSION, CONDITIONAL_PERMISSION } = v1.LookupPermissionship;
  assert.deepEqual(
    [...certain].sort(),
    [
      ["a", HAS_PERMISSION],
      ["b", HAS_PERMISSION],
      ["c", HAS_PERMISSION],
      ["paid", CONDITIONAL_PERMISSION],
    ].sort(),
  );
  const found = [];
  let optionalCursor;
  for (;;) {
    const page = await streamed(client, "lookupResources", { ...request, optionalLimit: 1, optionalCursor });
    if (page.length === 0) {
      break;
    }
    found.push(...page.map((one) => one.resourceObjectId));
    optionalCursor = page.at(-1).afterResultCursor;
  }
  assert.deepEqual(found, ["a", "b", "c", "paid"]);
});

test("subjects are looked up, with everyone and the exceptions", async () => {
  const asked = (text) =>
    v1.LookupSubjectsRequest.create({
      ...at,
      resource: object(text),
      permission: "see",
      subjectObjectType: "user",
    });
  const [everyone, ...others] = await promises.lookupSubjects(asked("agent:c"));
  assert.equal(everyone.subject.subjectObjectId, "*");
  assert.deepEqual(
    everyone.excludedSubjects.map((one) => one.subjectObjectId),
    ["ben"],
  );
  assert.deepEqual(others, []);
  const members = await streamed(client, "lookupSubjects", asked("agent:d"));
  assert.deepEqual(
    members.map((one) => one.subject.subjectObjectId),
    ["eve"],
  );
});

test("what is imported comes out again, under both names", async () => {
  const imports = [
    ["importBulkRelationships", v1.ImportBulkRelationshipsRequest],
    ["bulkImportRelationships", v1.BulkImportRelationshipsRequest],
  ];
  for (const [name, request] of imports) {
    const batches = [0, 1, 2].map((batch) =>
      request.create({
        relationships: [...Array(100).keys()].map((row) => relationship(`agent:${name}-${batch}-${row}#banned@user:max`)),
      }),
    );
    assert.equal(Number((await sent(client, name, batches)).numLoaded), 300);
  }
  const optionalRelationshipFilter = filtering("agent", { optionalRelation: "banned" });
  for (const [name, request] of [
    ["exportBulkRelationships", v1.ExportBulkRelationshipsRequest],
    ["bulkExportRelationships", v1.BulkExportRelationshipsRequest],
  ]) {
    const asked = request.create({ ...at, optionalLimit: 64, optionalRelationshipFilter });
    for (const pages of [await promises[name](asked), await streamed(client, name, asked)]) {
      const rows = pages.flatMap((page) => page.relationships.map(textOf));
      assert.equal(new Set(rows).size, 601);
      assert.equal(rows.length, 601);
      assert.ok(pages.every((page) => page.relationships.length <= 64));
    }
  }
  const filter = filtering("agent", { optionalRelation: "banned", optionalResourceIdPrefix: "importBulk" });
  await promises.deleteRelationships(v1.DeleteRelationshipsRequest.create({ relationshipFilter: filter }));
  filter.optionalResourceIdPrefix = "bulkImport";
  const deleted = await promises.deleteRelationships(
    v1.DeleteRelationshipsRequest.create({ relationshipFilter: filter }),
  );
  assert.equal(Number(deleted.relationshipsDeletedCount), 300);
});

test("a watch tells what is written", async () => {
  const from = await promises.writeRelationships(writing("TOUCH", "group:watched#member@user:ana"));
  const following = first(
    client,
    "watch",
    v1.WatchRequest.create({ optionalObjectTypes: ["group"], optionalStartCursor: from.writtenAt }),
    2,
  );
  await promises.writeRelationships(writing("CREATE", "group:watched#member@user:ben"));
  await promises.writeRelationships(writing("DELETE", "group:watched#member@user:ana"));
  const { TOUCH, DELETE } = v1.RelationshipUpdate_Operation;
  const told = (await following).flatMap(({ updates }) =>
    updates.map((update) => [update.operation, textOf(update.relationship)]),
  );
  assert.deepEqual(told, [
    [TOUCH, "group:watched#member@user:ben"],
    [DELETE, "group:watched#member@user:ana"],
  ]);
});

test("a schema tells what it declares, under both names", async () => {
  for (const [name, request] of [
    ["reflectSchema", v1.ReflectSchemaRequest],
    ["experimentalReflectSchema", v1.ExperimentalReflectSchemaRequest],
  ]) {
    const answer = await promises[name](request.create(at));
    assert.deepEqual(answer.definitions.map((one) => one.name).sort(), ["agent", "group", "user"]);
    assert.deepEqual(
      answer.caveats.map((one) => one.name),
      ["in_tier"],
    );
  }
});

test("a schema tells what depends on what, under both names", async () => {
  for (const [name, request] of [
    ["computablePermissions", v1.ComputablePermissionsRequest],
    ["experimentalComputablePermissions", v1.ExperimentalComputablePermissionsRequest],
  ]) {
    const asked = request.create({ ...at, definitionName: "agent", relationName: "banned" });
    const { permissions } = await promises[name](asked);
    assert.deepEqual(
      permissions.map((one) => `${one.definitionName}#${one.relationName}`),
      ["agent#see"],
    );
  }
  for (const [name, request] of [
    ["dependentRelations", v1.DependentRelationsRequest],
    ["experimentalDependentRelations", v1.ExperimentalDependentRelationsRequest],
  ]) {
    const asked = request.create({ ...at, definitionName: "agent", permissionName: "see" });
    const { relations } = await promises[name](asked);
    const names = relations.map((one) => `${one.definitionName}#${one.relationName}`);
    assert.deepEqual(names, ["agent#banned", "agent#viewer", "group#member"]);
  }
});

test("a schema is compared with another, under both names", async () => {
  const comparisonSchema = SCHEMA.replace("relation banned: user", "relation banned: user | group#member");
  for (const [name, request] of [
    ["diffSchema", v1.DiffSchemaRequest],
    ["experimentalDiffSchema", v1.ExperimentalDiffSchemaRequest],
  ]) {
    const { diffs } = await promises[name](request.create({ ...at, comparisonSchema }));
    assert.deepEqual(
      diffs.map((one) => one.diff.oneofKind),
      ["relationSubjectTypeAdded"],
    );
  }
});

test("counters count", async () => {
  const register = v1.ExperimentalRegisterRelationshipCounterRequest.create({
    name: "owners",
    relationshipFilter: filtering("agent", { optionalRelation: "owner" }),
  });
  await promises.experimentalRegisterRelationshipCounter(register);
  const counted = await promises.experimentalCountRelationships(
    v1.ExperimentalCountRelationshipsRequest.create({ name: "owners" }),
  );
  assert.equal(counted.counterResult.oneofKind, "readCounterValue");
  assert.equal(Number(counted.counterResult.readCounterValue.relationshipCount), 2);
  await promises.experimentalUnregisterRelationshipCounter(
    v1.ExperimentalUnregisterRelationshipCounterRequest.create({ name: "owners" }),
  );
});
