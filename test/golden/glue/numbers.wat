(component
  (import "call" (func $call (param "a" u8) (param "b" s64) (param "c" (option f32)) (result bool)))
  (core func $call' (canon lower (func $call)))
  (core module $M
    (import "" "call" (func $call (param i32 i64 i32 f32) (result i32)))
    (func (export "f") (param i32 i64 i32 f32) (result i32)
      (call $call (local.get 0) (local.get 1) (local.get 2) (local.get 3))))
  (core instance $m (instantiate $M (with "" (instance (export "call" (func $call'))))))
  (func (export "f") (param "a" u8) (param "b" s64) (param "c" (option f32)) (result bool)
    (canon lift (core func $m "f"))))
