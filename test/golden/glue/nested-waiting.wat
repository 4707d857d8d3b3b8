(component
  (import "wait" (func $wait (param "ms" u64) (result u64)))
  (component $Inner
    (import "wait" (func $wait (param "ms" u64) (result u64)))
    (core func $wait' (canon lower (func $wait)))
    (core module $M
      (import "" "wait" (func $wait (param i64) (result i64)))
      (func (export "f") (param i64) (result i64) (call $wait (local.get 0))))
    (core instance $m (instantiate $M (with "" (instance (export "wait" (func $wait'))))))
    (func (export "wait") (param "ms" u64) (result u64) (canon lift (core func $m "f"))))
  (instance $one (instantiate $Inner (with "wait" (func $wait))))
  (instance $two (instantiate $Inner (with "wait" (func $one "wait"))))
  (export "f" (func $two "wait")))
