import {
  CreateTableCommand,
  DescribeTableCommand,
  GetItemCommand,
  PutItemCommand,
  ScanCommand,
  UpdateItemCommand,
  type AttributeValue,
  type DynamoDBClient,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb'
import type { Clock } from '@standpipe/core/model'
import { awsErrorName, mapAwsError } from '../aws-errors.js'

/** An item as DynamoDB gives it. */
export type Item = Readonly<Record<string, AttributeValue>>

/** A condition on an item, and what it names. */
export interface Condition {
  readonly expression: string
  readonly names?: Readonly<Record<string, string>>
  readonly values?: Readonly<Record<string, AttributeValue>>
}

/** The change of an item, if a condition holds; without one the item is made where there is none. */
export interface ItemUpdate extends Omit<Condition, 'expression'> {
  /** UpdateExpression. */
  readonly change: string
  /** ConditionExpression. */
  readonly where?: string
}

const TABLE_LOOK_MS = 1_000

/**
 * A DynamoDB table of items under one string key. Each call is sent once. A condition that does not hold is an answer; what
 * fails otherwise is thrown as a StandpipeError, and may have taken effect.
 */
export class ItemTable {
  constructor(
    private readonly client: DynamoDBClient,
    readonly name: string,
    private readonly key: string,
  ) {}

  /** Makes the table on demand where it is absent, and resolves when it can be used. */
  async ensure(clock: Clock, signal: AbortSignal, lookMs = TABLE_LOOK_MS): Promise<void> {
    for (;;) {
      const status = await this.status(signal)
      if (status === 'ACTIVE' || status === 'UPDATING') return
      if (status === undefined) await this.make(signal)
      else await clock.sleep(lookMs, signal)
    }
  }

  /** Whether the table is there. */
  async exists(signal?: AbortSignal): Promise<boolean> {
    return (await this.status(signal)) !== undefined
  }

  /** The item under a key with all that was written before. */
  async get(key: string): Promise<Item | undefined> {
    const input = { TableName: this.name, Key: this.keyOf(key), ConsistentRead: true }
    return (await this.attempt(`read \`${key}\``, () => this.client.send(new GetItemCommand(input)))).Item
  }

  /** Items of all pages, as they come. */
  async *scan(parts: { readonly attributes?: readonly string[]; readonly having?: string; readonly consistent?: boolean; readonly signal?: AbortSignal }): AsyncGenerator<Item> {
    const { attributes, having, consistent = false, signal } = parts
    const names = Object.fromEntries([...(attributes ?? []), ...(having === undefined ? [] : [having])].map((name) => [`#${name}`, name]))
    const input = {
      TableName: this.name,
      ConsistentRead: consistent,
      ProjectionExpression: attributes?.map((name) => `#${name}`).join(', '),
      FilterExpression: having === undefined ? undefined : `attribute_exists(#${having})`,
      ExpressionAttributeNames: Object.keys(names).length === 0 ? undefined : names,
    }
    let from: Record<string, AttributeValue> | undefined
    do {
      const command = new ScanCommand({ ...input, ExclusiveStartKey: from })
      const page = await this.attempt('list items', () => this.client.send(command, { abortSignal: signal }))
      yield* page.Items ?? []
      from = page.LastEvaluatedKey
    } while (from !== undefined)
  }

  /** Puts an item where there is none under its key; false: there is one. */
  add(key: string, item: Item): Promise<boolean> {
    const input = { TableName: this.name, Item: { ...item, ...this.keyOf(key) }, ConditionExpression: 'attribute_not_exists(#key)', ExpressionAttributeNames: { '#key': this.key } }
    return this.conditional(`make \`${key}\``, async () => {
      await this.client.send(new PutItemCommand(input))
      return true
    }, false)
  }

  /** Changes an item; the item as it is then, or undefined where the condition does not hold. */
  update(key: string, { change, where, names, values }: ItemUpdate, returns: 'ALL_NEW' | 'NONE' = 'NONE'): Promise<Item | undefined> {
    const input: UpdateItemCommandInput = {
      TableName: this.name,
      Key: this.keyOf(key),
      UpdateExpression: change,
      ConditionExpression: where,
      ExpressionAttributeNames: names,
      ExpressionAttributeValues: values,
      ReturnValues: returns,
    }
    return this.conditional<Item | undefined>(`write \`${key}\``, async () => (await this.client.send(new UpdateItemCommand(input))).Attributes ?? {}, undefined)
  }

  private keyOf(key: string): Record<string, AttributeValue> {
    return { [this.key]: { S: key } }
  }

  private status(signal?: AbortSignal): Promise<string | undefined> {
    const command = new DescribeTableCommand({ TableName: this.name })
    return this.unless<string | undefined>(
      'ResourceNotFoundException',
      'describe',
      async () => (await this.client.send(command, { abortSignal: signal })).Table?.TableStatus ?? 'CREATING',
      undefined,
    )
  }

  private make(signal: AbortSignal): Promise<unknown> {
    const command = new CreateTableCommand({
      TableName: this.name,
      AttributeDefinitions: [{ AttributeName: this.key, AttributeType: 'S' }],
      KeySchema: [{ AttributeName: this.key, KeyType: 'HASH' }],
      BillingMode: 'PAY_PER_REQUEST',
    })
    return this.unless<unknown>('ResourceInUseException', 'make', () => this.client.send(command, { abortSignal: signal }), undefined)
  }

  private conditional<T>(action: string, call: () => Promise<T>, otherwise: T): Promise<T> {
    return this.unless('ConditionalCheckFailedException', action, call, otherwise)
  }

  private async unless<T>(name: string, action: string, call: () => Promise<T>, otherwise: T): Promise<T> {
    try {
      return await call()
    } catch (error) {
      if (awsErrorName(error) === name) return otherwise
      throw this.mapped(error, action)
    }
  }

  private async attempt<T>(action: string, call: () => Promise<T>): Promise<T> {
    try {
      return await call()
    } catch (error) {
      throw this.mapped(error, action)
    }
  }

  private mapped(error: unknown, action: string): Error {
    return mapAwsError(error, { component: 'dynamodb', action: `${action} in table \`${this.name}\`` })
  }
}
