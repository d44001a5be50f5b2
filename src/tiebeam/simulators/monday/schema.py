"""The part of monday.com's GraphQL schema that is here; whatever else is asked for is refused by name."""

from __future__ import annotations

from graphql import GraphQLSchema, build_schema

_SDL = """
scalar JSON
scalar ISO8601DateTime
scalar CompareValue
enum BoardObjectType { board sub_items_board document custom_object }
enum State { all active archived deleted }
enum ItemsQueryRuleOperator { any_of not_any_of is_empty is_not_empty contains_text }
enum WebhookEventType {
  change_column_value change_status_column_value change_specific_column_value change_name create_item
  item_archived item_deleted item_restored item_moved_to_any_group
  change_subitem_column_value change_subitem_name create_subitem
}
input ItemsQueryRule {
  column_id: ID!
  compare_value: CompareValue
  operator: ItemsQueryRuleOperator = any_of
}
input ItemsQuery { rules: [ItemsQueryRule!] ids: [ID!] }

type Query {
  boards(ids: [ID!], limit: Int = 25, page: Int = 1, state: State = active): [Board]
  items(ids: [ID!], limit: Int = 25, page: Int = 1, exclude_nonactive: Boolean): [Item]
  next_items_page(limit: Int! = 25, cursor: String!): ItemsResponse!
  me: User
  users(ids: [ID!], limit: Int, page: Int = 1): [User]
  webhooks(board_id: ID!, app_webhooks_only: Boolean): [Webhook]
  complexity: Complexity
}

type Mutation {
  create_item(
    board_id: ID!, group_id: String, item_name: String!, column_values: JSON
    create_labels_if_missing: Boolean
  ): Item
  change_multiple_column_values(
    board_id: ID!, item_id: ID, column_values: JSON!, create_labels_if_missing: Boolean
  ): Item
  move_item_to_group(item_id: ID, group_id: String!): Item
  archive_item(item_id: ID): Item
  delete_item(item_id: ID): Item
  create_webhook(board_id: ID!, url: String!, event: WebhookEventType!, config: JSON): Webhook
  delete_webhook(id: ID!): Webhook
  complexity: Complexity
}

type Board {
  id: ID!
  name: String!
  updated_at: ISO8601DateTime
  state: State!
  type: BoardObjectType
  items_count: Int
  columns(ids: [String!]): [Column]
  groups(ids: [String!]): [Group]
  items_page(limit: Int! = 25, cursor: String, query_params: ItemsQuery): ItemsResponse!
}
type Column { id: ID! title: String! type: String! settings_str: String! }
type Group { id: ID! title: String! }
type ItemsResponse { cursor: String items: [Item!]! }
type Item {
  id: ID!
  name: String!
  state: State
  created_at: ISO8601DateTime
  updated_at: ISO8601DateTime
  creator_id: String!
  board: Board
  group: Group
  column_values(ids: [String!]): [ColumnValue!]!
}
interface ColumnValue { id: ID! type: String! text: String value: JSON column: Column! }
type StatusValue implements ColumnValue {
  id: ID! type: String! text: String value: JSON column: Column! index: Int label: String
}
type PeopleValue implements ColumnValue { id: ID! type: String! text: String value: JSON column: Column! }
type DateValue implements ColumnValue { id: ID! type: String! text: String value: JSON column: Column! }
type TextValue implements ColumnValue { id: ID! type: String! text: String value: JSON column: Column! }
type LongTextValue implements ColumnValue { id: ID! type: String! text: String value: JSON column: Column! }
type NumbersValue implements ColumnValue { id: ID! type: String! text: String value: JSON column: Column! }
type LinkValue implements ColumnValue { id: ID! type: String! text: String value: JSON column: Column! }
type MirrorValue implements ColumnValue {
  id: ID! type: String! text: String value: JSON column: Column! display_value: String!
}
type BoardRelationValue implements ColumnValue {
  id: ID! type: String! text: String value: JSON column: Column!
  display_value: String! linked_item_ids: [ID!]!
}
type UnsupportedValue implements ColumnValue {
  id: ID! type: String! text: String value: JSON column: Column!
}
type User { id: ID! name: String! email: String! enabled: Boolean! account: Account! }
type Account { id: ID! name: String! slug: String! }
type Webhook { id: ID! board_id: ID! event: WebhookEventType! config: String }
type Complexity { before: Int! after: Int! query: Int! reset_in_x_seconds: Int! }
"""


def schema() -> GraphQLSchema:
    """The schema. JSON goes in and out as text that holds JSON, as it does there."""
    return build_schema(_SDL)
