"""The codec: Python objects to bytes and back (`langgraph.checkpoint.serde.jsonplus`).

serializer     type tag and bytes for an object, and back
packing        writing MessagePack as ormsgpack does
unpacking      reading MessagePack as ormsgpack does
typed_values   what an ext holds: building typed values and taking them apart
safe_types     the types that may be built, and the fields of LangGraph's and LangChain's records
arrays         numpy arrays, without numpy
paths          `pathlib` paths
model_dump     pydantic's `model_dump`, without pydantic
json_objects   the JSON that LangGraph stored before MessagePack
opened         the contract's readable form of ext values
"""
